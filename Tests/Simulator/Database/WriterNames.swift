internal import Rooms
internal import Synchronization

/// The writer names of a process, one for each lane, and the last batch of each. A name is replaced after the database has
/// forgotten it.
final class WriterNames: Sendable {
    private let names = Mutex<[BatchID.Lane: (id: LogModel.WriterID, isRegistered: Bool)]>([:])
    private let batches = Mutex<[BatchID.Lane: Batch]>([:])
    private let makeID: @Sendable () -> LogModel.WriterID

    /// Names that the database does not know yet.
    init(_ makeID: @escaping @Sendable () -> LogModel.WriterID) { self.makeID = makeID }

    /// The name of a lane, and whether the database knows it.
    func current(_ lane: BatchID.Lane) -> (id: LogModel.WriterID, isRegistered: Bool) {
        names.withLock { names in
            let name = names[lane] ?? (makeID(), false)
            names[lane] = name
            return name
        }
    }

    /// Records that the database knows this name.
    func registered(_ id: LogModel.WriterID, _ lane: BatchID.Lane) {
        names.withLock { if $0[lane]?.id == id { $0[lane]?.isRegistered = true } }
    }

    /// Records a batch that is about to be stored.
    func stores(_ batch: Batch) { batches.withLock { $0[batch.id.lane] = batch } }

    /// The last batch of a lane.
    func lastBatch(_ lane: BatchID.Lane) -> Batch? { batches.withLock { $0[lane] } }

    /// Records that the database has forgotten this name.
    func forgotten(_ id: LogModel.WriterID, _ lane: BatchID.Lane) {
        names.withLock { if $0[lane]?.id == id { $0[lane] = nil } }
    }
}

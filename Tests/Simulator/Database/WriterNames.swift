internal import Rooms
internal import Synchronization

/// The writer names of a process, one for each lane of messages and one for changes, and the last batch of each lane. A name
/// is replaced after the database has forgotten it.
final class WriterNames: Sendable {
    /// What a process writes under a name of its own.
    enum Use: Hashable {
        case messages(BatchID.Lane)
        case changes

        static let all = BatchID.Lane.allCases.map(Use.messages) + [.changes]
    }

    private let names = Mutex<[Use: (id: LogModel.WriterID, isRegistered: Bool)]>([:])
    private let batches = Mutex<[BatchID.Lane: Batch]>([:])
    private let makeID: @Sendable () -> LogModel.WriterID

    /// Names that the database does not know yet.
    init(_ makeID: @escaping @Sendable () -> LogModel.WriterID) { self.makeID = makeID }

    /// The name for a use, and whether the database knows it.
    func current(_ use: Use) -> (id: LogModel.WriterID, isRegistered: Bool) {
        names.withLock { names in
            let name = names[use] ?? (makeID(), false)
            names[use] = name
            return name
        }
    }

    /// Records that the database knows this name.
    func registered(_ id: LogModel.WriterID, _ use: Use) {
        names.withLock { if $0[use]?.id == id { $0[use]?.isRegistered = true } }
    }

    /// Records a batch that is about to be stored.
    func stores(_ batch: Batch) { batches.withLock { $0[batch.id.lane] = batch } }

    /// The last batch of a lane.
    func lastBatch(_ lane: BatchID.Lane) -> Batch? { batches.withLock { $0[lane] } }

    /// Records that the database has forgotten this name.
    func forgotten(_ id: LogModel.WriterID, _ use: Use) {
        names.withLock { if $0[use]?.id == id { $0[use] = nil } }
    }
}

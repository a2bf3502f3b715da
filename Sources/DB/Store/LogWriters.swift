internal import Rooms
internal import Synchronization

/// Under which names this process stores, one for each lane. From any isolation.
///
/// A name is registered in `log_writers` before its first batch, and given up when the database does not know it any
/// more: under a new one no batch can be taken for the repeat of an earlier one.
final class LogWriters: Sendable {
    private struct Writer {
        var id = WriterID.random()
        var isRegistered = false
    }

    private let writers = Mutex<[BatchID.Lane: Writer]>([:])

    /// The name of a lane, and whether it is registered.
    func current(_ lane: BatchID.Lane) -> (id: WriterID, isRegistered: Bool) {
        writers.withLock { writers in
            let writer = writers[lane, default: Writer()]
            writers[lane] = writer
            return (writer.id, writer.isRegistered)
        }
    }

    /// The database knows this name of the lane now.
    func registered(_ id: WriterID, of lane: BatchID.Lane) {
        writers.withLock { if $0[lane]?.id == id { $0[lane]?.isRegistered = true } }
    }

    /// The database does not know this name of the lane any more: the next one is another.
    func forgotten(_ id: WriterID, of lane: BatchID.Lane) {
        writers.withLock { if $0[lane]?.id == id { $0[lane] = nil } }
    }
}

internal import Rooms
internal import Synchronization

/// The names under which this process stores, one for each lane. From any isolation.
///
/// A name is registered in `log_writers` before its first batch, and replaced when the database does not know it any
/// more: under a new name, no batch can be mistaken for a repeat of an earlier one.
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

    /// Notes that the database knows this name of the lane.
    func registered(_ id: WriterID, of lane: BatchID.Lane) {
        writers.withLock { if $0[lane]?.id == id { $0[lane]?.isRegistered = true } }
    }

    /// Notes that the database does not know this name of the lane any more: the next name is a new one.
    func forgotten(_ id: WriterID, of lane: BatchID.Lane) {
        writers.withLock { if $0[lane]?.id == id { $0[lane] = nil } }
    }
}

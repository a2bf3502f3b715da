internal import Rooms
internal import Synchronization

/// The names under which this process stores, one for each lane and one for changes. From any isolation.
///
/// A name is registered in `log_writers` before its first batch, and replaced when the database does not know it any
/// more: under a new name, no batch can be mistaken for a repeat of an earlier one.
final class LogWriters: Sendable {
    /// What stores under a name of its own.
    enum Key: Hashable {
        case lane(BatchID.Lane)
        case changes
    }

    private struct Writer {
        var id = WriterID.random()
        var isRegistered = false
    }

    private let writers = Mutex<[Key: Writer]>([:])

    /// The current name, and whether it is registered.
    func current(_ key: Key) -> (id: WriterID, isRegistered: Bool) {
        writers.withLock { writers in
            let writer = writers[key, default: Writer()]
            writers[key] = writer
            return (writer.id, writer.isRegistered)
        }
    }

    /// Notes that the database knows this name.
    func registered(_ id: WriterID, of key: Key) {
        writers.withLock { if $0[key]?.id == id { $0[key]?.isRegistered = true } }
    }

    /// Notes that the database does not know this name any more: the next name is a new one.
    func forgotten(_ id: WriterID, of key: Key) {
        writers.withLock { if $0[key]?.id == id { $0[key] = nil } }
    }
}

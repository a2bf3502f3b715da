internal import NIOCore

/// One connection of a run, over all its sockets.
struct LoadParticipant {
    /// Its number, from 1.
    let number: Int
    var stream = StreamAudit()
    var own = OwnMessages()
    /// The socket, from before it is connected until the attempt ends.
    var socket: (any Channel)?
    /// The socket, from the upgrade until it ends.
    var channel: (any Channel)?
    /// The server has authenticated it.
    var isAuthenticated = false
    /// The index of its room's ledger in the run.
    var ledger: Int?
    /// The identity of the log that its cursor belongs to.
    var epoch: String?
    /// The number up to which it is catching up after a resume; own messages of unknown outcome are settled after that.
    var catchUpTo: Int64?
    /// How the last socket ended.
    var ending: Ending?
    /// Attempts since it was last authenticated.
    var failures = 0
    /// All attempts; the count distinguishes its sockets.
    var attempts = 0
    /// It must not reconnect.
    var isGone = false

    /// How a socket ended: by a close frame.
    struct Ending {
        var code: UInt16?
        var reason: String
    }

    /// A connection that has not been opened yet.
    init(number: Int) { self.number = number }

    /// Where it can resume; nil if it has never been authenticated.
    var resumePoint: LoadTarget.Cursor? {
        guard let seq = stream.cursor, let epoch else { return nil }
        return LoadTarget.Cursor(seq: seq, epoch: epoch)
    }
}

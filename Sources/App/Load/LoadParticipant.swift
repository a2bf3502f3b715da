internal import NIOCore

/// One connection of a run, over all the sockets that it has in its life.
struct LoadParticipant {
    /// Its number, from 1.
    let number: Int
    var stream = StreamAudit()
    var own = OwnMessages()
    /// The socket, from before it is connected to the end of the attempt.
    var socket: (any Channel)?
    /// The socket, from the upgrade to its end.
    var channel: (any Channel)?
    /// The server has said who it is.
    var isAuthenticated = false
    /// Which ledger of the run its room has.
    var ledger: Int?
    /// The identity of the log it has a cursor in.
    var epoch: String?
    /// The number up to which it is catching up after a resume; own messages in doubt are settled after that.
    var catchUpTo: Int64?
    /// How the last socket ended.
    var ending: Ending?
    /// Attempts since it was last authenticated.
    var failures = 0
    /// Attempts ever; tells the sockets of its life apart.
    var attempts = 0
    /// It was told not to come back.
    var isGone = false

    /// How a socket ended: by a close frame.
    struct Ending {
        var code: UInt16?
        var reason: String
    }

    /// A connection that has not been opened yet.
    init(number: Int) { self.number = number }

    /// Where it can resume; nil when it has never been authenticated.
    var resumePoint: LoadTarget.Cursor? {
        guard let seq = stream.cursor, let epoch else { return nil }
        return LoadTarget.Cursor(seq: seq, epoch: epoch)
    }
}

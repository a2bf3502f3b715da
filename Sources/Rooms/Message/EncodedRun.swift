/// A `LogRun` in the form that clients are sent.
struct EncodedRun: Sendable, Equatable {
    /// The number before the first one of the run.
    var after: Int64
    /// The last number of the run; `after` or more.
    var through: Int64
    /// The messages, ascending by `seq`, all of them in `after + 1 ... through`.
    var messages: [EncodedMessage]

    init(after: Int64, through: Int64, messages: [EncodedMessage]) {
        self.after = after
        self.through = through
        self.messages = messages
    }

    init(_ run: LogRun) {
        self.init(after: run.after, through: run.through, messages: run.messages.map(EncodedMessage.init))
    }
}

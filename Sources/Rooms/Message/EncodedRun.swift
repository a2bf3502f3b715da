/// A `LogRun` in the form that clients receive.
struct EncodedRun: Sendable, Equatable {
    /// The number before the first one of the run.
    var after: Int64
    /// The last number of the run; `after` or more.
    var through: Int64
    /// All messages of the log in `after + 1 ... through`, ascending by `seq`.
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

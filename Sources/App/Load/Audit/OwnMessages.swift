/// Checks that every message of one sender comes back exactly once, over reconnects.
struct OwnMessages: Sendable, Equatable {
    private struct Sent: Sendable, Equatable {
        var number: Int
        /// Nanoseconds of a monotonic clock.
        var at: UInt64
        /// The connection broke before the answer: stored or not, nobody knows.
        var isUncertain = false
    }

    /// The number that the next message will have, from 1.
    private(set) var next = 1
    /// Sent and neither come back nor refused, ascending.
    private var open: [Sent] = []
    /// Sent a second time: the server answers with the original once more, at any place in the stream.
    private var repeated: Set<Int> = []

    /// Messages whose outcome the server still owes.
    var owed: Int { open.count { !$0.isUncertain } }
    /// Messages whose outcome nobody knows.
    var uncertain: Int { open.count { $0.isUncertain } }

    /// A message is sent; returns its number.
    mutating func sent(at time: UInt64) -> Int {
        defer { next += 1 }
        open.append(Sent(number: next, at: time))
        return next
    }

    /// True when this arrival may be the extra answer to a message sent twice; holds once for each repeat.
    mutating func isAnswerToRepeat(_ number: Int) -> Bool { repeated.remove(number) != nil }

    /// A message came back.
    ///
    /// - Returns: how long it took in nanoseconds; nil when it had come back before or was never sent.
    mutating func returned(_ number: Int, at time: UInt64) -> UInt64? {
        guard let index = open.firstIndex(where: { $0.number == number }) else { return nil }
        let sent = open.remove(at: index)
        return time >= sent.at ? time - sent.at : 0
    }

    /// The server said that it did not store a message: the one named, else the oldest it still owes.
    mutating func refused(_ number: Int?) {
        let index =
            number.map { number in open.firstIndex { $0.number == number } } ?? open.firstIndex { !$0.isUncertain }
        if let index { open.remove(at: index) }
    }

    /// The connection broke: nobody knows what became of the messages under way.
    mutating func interrupted() {
        repeated = []
        for index in open.indices { open[index].isUncertain = true }
    }

    /// Takes the messages of unknown outcome to send them again under their ids; they are owed once more.
    mutating func repeats() -> [Int] {
        var numbers: [Int] = []
        for index in open.indices where open[index].isUncertain {
            open[index].isUncertain = false
            repeated.insert(open[index].number)
            numbers.append(open[index].number)
        }
        return numbers
    }
}

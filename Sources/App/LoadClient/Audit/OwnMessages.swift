/// Checks that every message of one sender comes back exactly once, across reconnects.
struct OwnMessages: Sendable, Equatable {
    private struct Sent: Sendable, Equatable {
        var number: Int
        /// Nanoseconds of a monotonic clock.
        var at: UInt64
        /// The connection broke before the answer: it is unknown whether the message was stored.
        var isUncertain = false
    }

    /// The number that the next message will have, from 1.
    private(set) var next = 1
    /// Messages sent that have neither come back nor been refused, ascending.
    private var open: [Sent] = []
    /// Messages sent a second time: the server answers with the original once more, at any place in the stream.
    private var repeated: Set<Int> = []

    /// Messages whose outcome is still pending.
    var owed: Int { open.count { !$0.isUncertain } }
    /// Messages whose outcome is unknown.
    var uncertain: Int { open.count { $0.isUncertain } }

    /// Notes that a message is sent; returns its number.
    mutating func sent(at time: UInt64) -> Int {
        defer { next += 1 }
        open.append(Sent(number: next, at: time))
        return next
    }

    /// True if this arrival may be the extra answer to a message sent twice; true once for each repeat.
    mutating func isAnswerToRepeat(_ number: Int) -> Bool { repeated.remove(number) != nil }

    /// Notes that a message came back.
    ///
    /// - Returns: how long it took in nanoseconds; nil if it had come back before or was never sent.
    mutating func returned(_ number: Int, at time: UInt64) -> UInt64? {
        guard let index = open.firstIndex(where: { $0.number == number }) else { return nil }
        let sent = open.remove(at: index)
        return time >= sent.at ? time - sent.at : 0
    }

    /// Notes that the server refused a message: the one named, else the oldest pending one.
    mutating func refused(_ number: Int?) {
        let index =
            number.map { number in open.firstIndex { $0.number == number } } ?? open.firstIndex { !$0.isUncertain }
        if let index { open.remove(at: index) }
    }

    /// Notes that the connection broke: the outcome of the messages in flight is unknown.
    mutating func interrupted() {
        repeated = []
        for index in open.indices { open[index].isUncertain = true }
    }

    /// Takes the messages of unknown outcome, to be sent again under their ids; they are pending again.
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

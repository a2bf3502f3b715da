internal import DequeModule

/// The newest messages of a room, encoded, in memory: all messages of the log after `floor`.
struct Recent: Sendable {
    /// Messages with larger numbers are covered.
    private(set) var floor: Int64
    private var ring: Deque<EncodedMessage> = []
    private var bytes = 0
    private let countMax: Int
    private let bytesMax: Int

    /// Starts empty and covers the messages after `floor`.
    init(floor: Int64, countMax: Int, bytesMax: Int) {
        self.floor = floor
        self.countMax = countMax
        self.bytesMax = bytesMax
    }

    var count: Int { ring.count }

    /// The newest message; nil when there is none in memory.
    var last: EncodedMessage? { ring.last }

    /// Adds the message after the last one and drops the oldest ones beyond the limits.
    mutating func append(_ message: EncodedMessage) {
        assert(message.seq > ring.last?.seq ?? floor, "messages are in order, and each is there once")
        ring.append(message)
        bytes += message.json.count
        while ring.count > countMax || bytes > bytesMax, let dropped = ring.popFirst() {
            bytes -= dropped.json.count
            floor = dropped.seq
        }
    }

    /// Drops the messages with smaller numbers.
    mutating func forget(before seq: Int64) {
        while let first = ring.first, first.seq < seq {
            ring.removeFirst()
            bytes -= first.json.count
            floor = first.seq
        }
    }

    /// The messages after `seq`, at most `countMax` and (beyond the first) `bytesMax`, and whether these are all of
    /// them; nil if not all of them are in memory.
    func messages(after seq: Int64, countMax: Int, bytesMax: Int) -> (page: [EncodedMessage], isAll: Bool)? {
        guard seq >= floor else { return nil }
        var page: [EncodedMessage] = []
        var pageBytes = 0
        var index = firstIndex(after: seq)
        while index < ring.count, page.count < countMax {
            let message = ring[index]
            pageBytes += message.json.count
            if !page.isEmpty, pageBytes > bytesMax { break }
            page.append(message)
            index += 1
        }
        return (page, index == ring.count)
    }

    /// The message with this number, if it is in memory.
    func message(_ seq: Int64) -> EncodedMessage? {
        let index = firstIndex(after: seq - 1)
        guard index < ring.count, ring[index].seq == seq else { return nil }
        return ring[index]
    }

    /// The number after which the newest `count` messages begin; nil if they are not all in memory.
    func cursor(forNewest count: Int) -> Int64? {
        guard count > 0, count <= ring.count else { return nil }
        let first = ring.count - count
        return first == 0 ? floor : ring[first - 1].seq
    }

    /// The index of the first message with a larger number. It cannot be computed, because numbers may be missing.
    private func firstIndex(after seq: Int64) -> Int {
        var low = 0
        var high = ring.count
        while low < high {
            let middle = low + (high - low) / 2
            if ring[middle].seq > seq { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

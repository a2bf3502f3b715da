internal import DequeModule

/// The newest rows of a room's log, encoded, in memory: all messages, in their current state, and changes after `floor`.
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
        dropOldest()
    }

    /// Drops the oldest rows beyond the limits.
    private mutating func dropOldest() {
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

    /// The number after which the newest `count` messages of a view begin; nil if they are not all in memory.
    func cursor(forNewest count: Int, view: LogView) -> Int64? {
        guard count > 0, count <= ring.count else { return nil }
        var left = count
        for index in ring.indices.reversed() where ring[index].isCounted(in: view) {
            left -= 1
            if left == 0 { return index == 0 ? floor : ring[index - 1].seq }
        }
        return nil
    }

    /// Replaces the row with the same number, if it is in memory, by its current state.
    mutating func replace(_ message: EncodedMessage) { update(message.seq) { _ in message } }

    /// Removes the row with this number, if it is in memory.
    mutating func remove(_ seq: Int64) {
        let index = firstIndex(after: seq - 1)
        guard index < ring.count, ring[index].seq == seq else { return }
        bytes -= ring.remove(at: index).json.count
        // The next row follows another one now.
        if index < ring.count { replace(ring[index]) }
    }

    /// Removes the text of an edit, if the edit is in memory.
    mutating func removeText(ofEdit seq: Int64) { update(seq, \.withoutText) }

    private mutating func update(_ seq: Int64, _ change: (EncodedMessage) -> EncodedMessage) {
        let index = firstIndex(after: seq - 1)
        guard index < ring.count, ring[index].seq == seq else { return }
        let new = change(ring[index]).following(index == 0 ? floor : ring[index - 1].seq)
        bytes += new.json.count - ring[index].json.count
        ring[index] = new
        dropOldest()
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

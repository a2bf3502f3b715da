internal import DequeModule

/// The newest messages of a room, encoded, in memory: consecutive numbers ending with the room's head.
struct Recent: Sendable {
    private var ring: Deque<EncodedMessage> = []
    private var bytes = 0
    private let countMax: Int
    private let bytesMax: Int

    init(countMax: Int, bytesMax: Int) {
        self.countMax = countMax
        self.bytesMax = bytesMax
    }

    var count: Int { ring.count }

    /// The number of the oldest message in memory; nil when there is none.
    var first: Int64? { ring.first?.seq }

    /// Adds the message that follows the last one, dropping the oldest ones beyond the limits.
    mutating func append(_ message: EncodedMessage) {
        ring.append(message)
        bytes += message.json.count
        while ring.count > countMax || bytes > bytesMax, let dropped = ring.popFirst() {
            bytes -= dropped.json.count
        }
    }

    /// The messages from `seq` on, at most `count` and (beyond the first) `bytesMax`; nil if `seq` is no longer here.
    func messages(from seq: Int64, countMax: Int, bytesMax: Int) -> [EncodedMessage]? {
        guard let first = ring.first?.seq, seq >= first else { return nil }
        var page: [EncodedMessage] = []
        var pageBytes = 0
        var index = Int(seq - first)
        while index < ring.count, page.count < countMax {
            let message = ring[index]
            pageBytes += message.json.count
            if !page.isEmpty, pageBytes > bytesMax { break }
            page.append(message)
            index += 1
        }
        return page
    }
}

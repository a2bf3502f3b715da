internal import DequeModule

/// The broadcasts that one event loop must still offer to members, as a value.
///
/// A loop offers a bounded number at a time, so that a large room does not delay socket reads or other rooms for long.
/// Rooms take turns. If a loop falls behind, consecutive broadcasts of a room are merged. Each socket is then written
/// once for several batches, and the loop catches up.
public struct DeliveryQueue {
    /// A broadcast for some of its members.
    public struct Slice {
        /// The broadcast to offer.
        public let broadcast: Broadcast
        /// The members that are offered it.
        public let members: ArraySlice<any Member>
        /// Whether these are the last members.
        public let isLast: Bool
    }

    private struct RoomDeliveries {
        /// In order of arrival; the first one is in progress.
        var deliveries: Deque<Delivery>
        /// The number of members that have been offered the first one.
        var offered = 0

        /// Adds the next delivery. Members that have not yet been offered the first one are offered both merged. They
        /// are offered the next one again in its turn, and ignore it because they have it already (see `Feed`).
        ///
        /// - Returns: false if it stays apart from an earlier one because both would have more bytes than `bytesMax`.
        mutating func append(_ delivery: Delivery, bytesMax: Int) -> Bool {
            var isWithinLimit = true
            func merged(_ earlier: Broadcast) -> Broadcast? {
                guard earlier.precedes(delivery.broadcast) else { return nil }
                guard earlier.byteCount + delivery.broadcast.byteCount <= bytesMax else {
                    isWithinLimit = false
                    return nil
                }
                return earlier.merged(with: delivery.broadcast)
            }
            if offered > 0, let first = deliveries.first, let both = merged(first.broadcast) {
                deliveries[0] = Delivery(broadcast: both, members: first.members)
            }
            let isLastUntouched = deliveries.count > 1 || offered == 0
            if isLastUntouched, let last = deliveries.last, let both = merged(last.broadcast) {
                deliveries[deliveries.count - 1] = Delivery(broadcast: both, members: delivery.members)
            } else {
                deliveries.append(delivery)
            }
            return isWithinLimit
        }
    }

    private var rooms: [RoomID: RoomDeliveries] = [:]
    /// The order of turns; each room once.
    private var turns: Deque<RoomID> = []
    private let mergedBytesMax: Int

    /// Nothing to offer.
    ///
    /// - Parameter mergedBytesMax: the maximum bytes of messages in a merged broadcast.
    public init(mergedBytesMax: Int) { self.mergedBytesMax = mergedBytesMax }

    /// Whether everything has been offered.
    public var isEmpty: Bool { turns.isEmpty }

    /// Adds a broadcast after the earlier ones of its room.
    ///
    /// - Returns: false if it stays apart from an earlier one because of the maximum bytes.
    @discardableResult
    public mutating func append(_ delivery: Delivery) -> Bool {
        let room = delivery.broadcast.room
        if let isWithinLimit = rooms[room]?.append(delivery, bytesMax: mergedBytesMax) { return isWithinLimit }
        rooms[room] = RoomDeliveries(deliveries: [delivery])
        turns.append(room)
        return true
    }

    /// The next broadcast to offer, with at most `membersMax` members (1 or more); nil if the queue is empty.
    public mutating func next(membersMax: Int) -> Slice? {
        guard let room = turns.popFirst(), var waiting = rooms[room], let first = waiting.deliveries.first else {
            return nil
        }
        let end = min(first.members.count, waiting.offered + membersMax)
        let isLast = end == first.members.count
        let slice = Slice(broadcast: first.broadcast, members: first.members[waiting.offered..<end], isLast: isLast)
        waiting.offered = isLast ? 0 : end
        if isLast { waiting.deliveries.removeFirst() }
        rooms[room] = waiting.deliveries.isEmpty ? nil : waiting
        if !waiting.deliveries.isEmpty { turns.append(room) }
        return slice
    }
}

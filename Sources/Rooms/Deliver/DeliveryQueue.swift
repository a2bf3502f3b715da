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
        mutating func append(_ delivery: Delivery, bytesMax: Int) {
            if offered > 0, let first = deliveries.first,
                let both = first.broadcast.followed(by: delivery.broadcast, bytesMax: bytesMax)
            {
                deliveries[0] = Delivery(broadcast: both, members: first.members)
            }
            let isLastUntouched = deliveries.count > 1 || offered == 0
            if isLastUntouched, let last = deliveries.last,
                let both = last.broadcast.followed(by: delivery.broadcast, bytesMax: bytesMax)
            {
                deliveries[deliveries.count - 1] = Delivery(broadcast: both, members: delivery.members)
            } else {
                deliveries.append(delivery)
            }
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
    public mutating func append(_ delivery: Delivery) {
        let room = delivery.broadcast.room
        if rooms[room] == nil {
            rooms[room] = RoomDeliveries(deliveries: [delivery])
            turns.append(room)
        } else {
            rooms[room]?.append(delivery, bytesMax: mergedBytesMax)
        }
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

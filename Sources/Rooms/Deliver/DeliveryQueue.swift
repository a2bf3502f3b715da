internal import DequeModule

/// The broadcasts that one event loop has yet to offer to members, as a value.
///
/// A loop offers a bounded number at a time, so that a large room delays neither the reads of its sockets nor other rooms
/// for long. Rooms take turns. Where a loop falls behind, consecutive broadcasts of a room become one: so each socket is
/// written once for several batches, and the loop catches up.
public struct DeliveryQueue {
    /// A broadcast for some of the members to whom it is to be offered.
    public struct Slice {
        /// What is offered.
        public let broadcast: Broadcast
        /// To whom.
        public let members: ArraySlice<any Member>
        /// Whether these are the last members.
        public let isLast: Bool
    }

    private struct RoomDeliveries {
        /// In the order in which they came; the first one is under way.
        var deliveries: Deque<Delivery>
        /// Members to whom the first one has been offered.
        var offered = 0

        /// Adds what follows. Members to whom the one under way is yet to be offered are offered both together; when the
        /// next one is their turn, they have it already and ignore it (see `Feed`).
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
    /// Whose turn it is; each room once.
    private var turns: Deque<RoomID> = []
    private let mergedBytesMax: Int

    /// Nothing to offer.
    ///
    /// - Parameter mergedBytesMax: bytes of messages up to which broadcasts become one.
    public init(mergedBytesMax: Int) { self.mergedBytesMax = mergedBytesMax }

    /// Whether everything has been offered.
    public var isEmpty: Bool { turns.isEmpty }

    /// Adds a broadcast behind those of its room.
    public mutating func append(_ delivery: Delivery) {
        let room = delivery.broadcast.room
        if rooms[room] == nil {
            rooms[room] = RoomDeliveries(deliveries: [delivery])
            turns.append(room)
        } else {
            rooms[room]?.append(delivery, bytesMax: mergedBytesMax)
        }
    }

    /// What is to be offered next, to at most `membersMax` members (1 or more); nil when there is nothing.
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

/// The broadcasts of one turn of a room's loop, grouped by the members' loops, so that a turn that broadcasts in many
/// rooms takes one hop to each loop.
struct Deliveries {
    private var groups: [(outlet: any Outlet, deliveries: [Delivery])] = []

    /// Adds a broadcast for members that are all on the loop of `outlet`.
    mutating func add(_ broadcast: Broadcast, to members: [any Member], of outlet: any Outlet) {
        let delivery = Delivery(broadcast: broadcast, members: members)
        if let index = groups.firstIndex(where: { $0.outlet === outlet }) {
            groups[index].deliveries.append(delivery)
        } else {
            groups.append((outlet, [delivery]))
        }
    }

    /// Passes everything to the loops, other loops first, so that they work in parallel with the caller's own loop.
    consuming func send(from home: any Outlet) {
        for group in groups where group.outlet !== home { group.outlet.deliver(group.deliveries) }
        for group in groups where group.outlet === home { group.outlet.deliver(group.deliveries) }
    }
}

/// The members of a room, grouped by event loop, so that a broadcast takes one hop for each loop.
struct Audience {
    private struct LoopGroup {
        let outlet: any Outlet
        var members: [any Member]
    }

    private var groups: [LoopGroup] = []
    private(set) var count = 0

    mutating func insert(_ member: any Member) {
        count += 1
        if let index = groups.firstIndex(where: { $0.outlet === member.outlet }) {
            groups[index].members.append(member)
        } else {
            groups.append(LoopGroup(outlet: member.outlet, members: [member]))
        }
    }

    /// Removes a member; false if it was not in the room.
    @discardableResult
    mutating func remove(_ member: any Member) -> Bool {
        guard let group = groups.firstIndex(where: { $0.outlet === member.outlet }),
            let index = groups[group].members.firstIndex(where: { $0 === member })
        else { return false }
        groups[group].members.swapAt(index, groups[group].members.count - 1)
        groups[group].members.removeLast()
        if groups[group].members.isEmpty { groups.remove(at: group) }
        count -= 1
        return true
    }

    /// Removes and returns all members.
    mutating func removeAll() -> [any Member] {
        defer { self = Audience() }
        return groups.flatMap(\.members)
    }

    /// Adds a broadcast for all members to the deliveries.
    func deliver(_ broadcast: Broadcast, into deliveries: inout Deliveries) {
        for group in groups { deliveries.add(broadcast, to: group.members, of: group.outlet) }
    }
}

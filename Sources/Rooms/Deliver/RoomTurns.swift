/// Work in many rooms, done by one turn of each event loop on which these rooms live.
struct RoomTurns<Work: Sendable> {
    private var turns: [(home: any Outlet, work: [Work])] = []

    /// Adds work for a room.
    mutating func add(_ work: Work, in room: Room) {
        if let index = turns.firstIndex(where: { $0.home === room.home }) {
            turns[index].work.append(work)
        } else {
            turns.append((room.home, [work]))
        }
    }

    /// Runs each loop's work on that loop, in the order in which it was added. `turn` runs on the loop that is passed
    /// to it. Does not wait.
    consuming func run(_ turn: @escaping @Sendable ([Work], any Outlet) -> Void) {
        for (home, work) in turns { home.execute { turn(work, home) } }
    }
}

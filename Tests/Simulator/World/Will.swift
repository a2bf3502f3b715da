/// What the database of a world does on its own, through its triggers, its limits and manual changes.
struct Will: Sendable {
    /// The triggers for which clients send messages.
    var kinds: [Triggers.Kind] = []
    /// The errors that a trigger raises.
    var codes = ["23514"]
    /// The statement time-out, virtual microseconds.
    var statementMicroseconds: Int64 = 1_000_000
    /// The number of messages that one statement can store in that time.
    var statementMessagesMax = Int.max
    /// The number of rooms that one statement can read in that time.
    var readRoomsMax = Int.max
    /// Whether one room is so slow that none of its messages is stored in that time.
    var hasSlowRoom = false
    /// How often each of these happens: rows are deleted manually; numbers are raised and rows deleted; only numbers
    /// are raised; a row of `rooms` is out of range for a while; a room cannot be read for a while; a process is
    /// suspended; a process is forgotten.
    var deletions = 0
    var prunes = 0
    var raises = 0
    var spoilings = 0
    var unreadables = 0
    var suspensions = 0
    var forgettings = 0

    /// A database that does nothing on its own.
    init() {}

    /// Draws the behaviour from a seed.
    ///
    /// - Parameter mayNeedLooks: whether processes make regular checks.
    init(_ chances: inout Chances, mayNeedLooks: Bool) {
        kinds = [.poison]
        guard chances.happens(perMille: 750) else { return }
        for kind in Triggers.Kind.allCases where kind != .poison && chances.happens(perMille: 400) {
            kinds.append(kind)
        }
        codes = ["23514", "08001", "55P03", "57014", "53100", "40001", "P0001"]
        statementMicroseconds = chances.pick(of: [200_000, 1_000_000, 2_000_000])
        if chances.happens(perMille: 300) { statementMessagesMax = chances.pick(1...6) }
        if chances.happens(perMille: 200) { readRoomsMax = 1 }
        hasSlowRoom = chances.happens(perMille: 150)
        deletions = chances.happens(perMille: 400) ? chances.pick(1...6) : 0
        prunes = chances.happens(perMille: 300) ? chances.pick(1...3) : 0
        raises = chances.happens(perMille: 200) ? chances.pick(1...2) : 0
        suspensions = chances.happens(perMille: 300) ? chances.pick(1...2) : 0
        forgettings = chances.happens(perMille: 200) ? chances.pick(1...2) : 0
        guard mayNeedLooks else { return }
        spoilings = chances.happens(perMille: 200) ? chances.pick(1...2) : 0
        unreadables = chances.happens(perMille: 200) ? chances.pick(1...3) : 0
    }
}

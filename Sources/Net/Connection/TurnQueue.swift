/// Who does something costly and who waits for it, in order: a value.
struct TurnQueue<Waiter> {
    /// What becomes of a client that asks.
    enum Admission: Equatable {
        /// At once.
        case enter
        /// In its turn, or not if this ticket is given back.
        case wait(ticket: UInt64)
        /// As many as may wait are waiting.
        case full
    }

    private let atOnceMax: Int
    private let waitingMax: Int
    private var atOnce = 0
    private var waiting: [UInt64: Waiter] = [:]
    private var nextTicket: UInt64 = 0
    private var newTicket: UInt64 = 0

    init(atOnceMax: Int, waitingMax: Int) {
        self.atOnceMax = atOnceMax
        self.waitingMax = waitingMax
    }

    /// How many wait.
    var count: Int { waiting.count }

    mutating func ask(_ waiter: Waiter) -> Admission {
        if atOnce < atOnceMax {
            atOnce += 1
            return .enter
        }
        guard waiting.count < waitingMax else { return .full }
        waiting[newTicket] = waiter
        newTicket &+= 1
        return .wait(ticket: newTicket &- 1)
    }

    /// One who was let in is done; returns whose turn it is.
    mutating func leave() -> Waiter? {
        while nextTicket < newTicket {
            defer { nextTicket &+= 1 }
            if let next = waiting.removeValue(forKey: nextTicket) { return next }
        }
        atOnce -= 1
        return nil
    }

    /// Takes one out who waits no more; nil if its turn had come.
    mutating func giveBack(_ ticket: UInt64) -> Waiter? { waiting.removeValue(forKey: ticket) }
}

/// The clients that do a costly operation, and those that wait for it in order: a value.
struct TurnQueue<Waiter> {
    /// The answer to a client that asks for a turn.
    enum Admission: Equatable {
        /// The client is admitted at once.
        case enter
        /// The client waits for its turn, unless this ticket is given back.
        case wait(ticket: UInt64)
        /// The queue is full.
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

    /// The number of waiting clients.
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

    /// Ends the turn of an admitted client; returns the next client.
    mutating func leave() -> Waiter? {
        while nextTicket < newTicket {
            defer { nextTicket &+= 1 }
            if let next = waiting.removeValue(forKey: nextTicket) { return next }
        }
        atOnce -= 1
        return nil
    }

    /// Removes a waiting client; returns nil if its turn has come already.
    mutating func giveBack(_ ticket: UInt64) -> Waiter? { waiting.removeValue(forKey: ticket) }
}

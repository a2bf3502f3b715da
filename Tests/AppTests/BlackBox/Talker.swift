import TestKit
import Testing

/// Somebody in a crowd: says one thing after another, each with an id and as soon as the last is acknowledged, and
/// after a broken connection resumes and repeats what was not.
actor Talker {
    /// What a client must never see.
    enum Fault: Error {
        case outOfOrder(ChatFrame, after: Int64)
        case notResumed(ChatFrame)
        case unexpected(ChatFrame)
    }

    let key: String
    /// Every message of the room once, in the order of the wire.
    private(set) var seen: [String] = []
    /// The ids of what came back.
    private(set) var acknowledged: Set<String> = []
    /// How often the server could not take a message.
    private(set) var refusals = 0

    private let tally: Tally
    private var client: ChatClient?
    private var said = 0
    private var pending: String?
    private var repeated: Set<String> = []
    private var lastSeq: Int64 = 0
    private var epoch: String?
    private var isStopping = false

    init(_ key: String, _ tally: Tally) {
        self.key = key
        self.tally = tally
    }

    /// Comes in for the first time, or resumes exactly.
    func join(_ port: Int) async throws {
        let place = epoch.map { "after=\(lastSeq)&epoch=\($0)" } ?? "history=0"
        let (client, welcome) = try await ChatClient.join(port, "session_key=\(key)&\(place)")
        if epoch == nil {
            lastSeq = welcome.lastSeq ?? 0
        } else if welcome.resumed != true {
            throw Fault.notResumed(welcome)
        }
        epoch = welcome.epoch
        self.client = client
    }

    /// Talks until it is told to stop (and was acknowledged), or the connection ends, which it returns.
    func talk() async throws -> ChatClient.Farewell? {
        guard let client else { return nil }
        defer { isStopping = false }
        if let pending {
            repeated.insert(pending)
            client.say("text of \(pending)", id: pending)
        } else {
            sayNext(client)
        }
        do {
            while pending != nil { try await hear(client.next(), client) }
            return nil
        } catch let farewell as ChatClient.Farewell {
            await tally.giveUp()
            return farewell
        } catch {
            await tally.giveUp()
            throw error
        }
    }

    /// Makes `talk` return after the next acknowledgement.
    func stop() { isStopping = true }

    /// Listens until it has seen the message of this number.
    func listen(through seq: Int64) async throws {
        guard let client else { return }
        while lastSeq < seq { try await hear(client.next(), client) }
    }

    private func sayNext(_ client: ChatClient) {
        said += 1
        let id = "\(key)-\(said)"
        pending = id
        client.say("text of \(id)", id: id)
    }

    private func hear(_ frame: ChatFrame, _ client: ChatClient) async throws {
        if frame.error == "unavailable", let id = frame.id {
            refusals += 1
            repeated.insert(id)
            return client.say("text of \(id)", id: id)
        }
        guard let seq = frame.seq else { throw Fault.unexpected(frame) }
        // The answer to a repeat comes out of order.
        let isAnswer = frame.id.map(repeated.contains) ?? false
        if seq == lastSeq + 1 {
            seen.append(frame.row)
            lastSeq = seq
        } else if !isAnswer {
            throw Fault.outOfOrder(frame, after: lastSeq)
        }
        guard let id = pending, frame.id == id else { return }
        acknowledged.insert(id)
        pending = nil
        await tally.add()
        if !isStopping { sayNext(client) }
    }
}

/// Counts, and lets others wait for a number.
actor Tally {
    private var count = 0
    private var waiting: [(goal: Int, CheckedContinuation<Void, Never>)] = []

    func add() {
        count += 1
        for waiter in waiting where waiter.goal <= count { waiter.1.resume() }
        waiting.removeAll { $0.goal <= count }
    }

    /// Ends all waiting: somebody cannot count on.
    func giveUp() {
        for waiter in waiting { waiter.1.resume() }
        waiting = []
    }

    /// Returns when there are so many more than now, somebody gave up, or the task is cancelled.
    func reach(_ more: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiting.append((count + more, $0)) }
        } onCancel: {
            Task { await self.giveUp() }
        }
    }
}

/// Many talkers in room 0, one session each.
struct Crowd {
    let tally: Tally
    let talkers: [Talker]

    init(_ count: Int) {
        let tally = Tally()
        self.tally = tally
        talkers = (0..<count).map { Talker("t\($0)", tally) }
    }

    /// The rows of `sessions`.
    static func sessions(_ count: Int) -> String {
        (0..<count).map { "('t\($0)','user \($0)',0)" }.joined(separator: ", ")
    }

    func join(_ port: Int) async throws { for talker in talkers { try await talker.join(port) } }

    /// All talk while the body runs; returns how their connections ended, nil for those that stopped.
    func talk(_ body: () async throws -> Void) async throws -> [ChatClient.Farewell?] {
        try await withThrowingTaskGroup(of: ChatClient.Farewell?.self) { group in
            for talker in talkers { group.addTask { try await talker.talk() } }
            try await body()
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Talks a little more and stops.
    func finish(after more: Int) async throws -> [ChatClient.Farewell?] {
        try await talk {
            await tally.reach(more)
            for talker in talkers { await talker.stop() }
        }
    }

    /// Everybody, once connected again, has seen exactly the log, and the log is what was acknowledged.
    func audit(_ app: AppProcess) async throws {
        let log = try await logged(app)
        for talker in talkers {
            try await talker.listen(through: Int64(log.count))
            #expect(await talker.seen == log, "\(talker.key)")
        }
        let ids = log.map { String($0.split(separator: "|", omittingEmptySubsequences: false)[2]) }
        #expect(Set(ids).count == ids.count)
        var acknowledged: Set<String> = []
        for talker in talkers { acknowledged.formUnion(await talker.acknowledged) }
        // Everybody was answered in the end, so what was said is what was acknowledged, and both are the log.
        #expect(Set(ids) == acknowledged)
    }
}

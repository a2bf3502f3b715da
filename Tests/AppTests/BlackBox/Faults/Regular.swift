import TestKit

/// A guest who behaves as a client should whatever happens: says one thing after another with an id, repeats what was
/// not answered, comes back after every close that allows it, and resumes exactly or begins anew as it is told.
actor Regular {
    /// What such a client must never see.
    enum Fault: Error {
        case outOfOrder(ChatFrame, after: Int64)
        case unexpected(ChatFrame)
        case sentAway(ChatClient.Farewell)
    }

    let key: String
    /// The messages of the room as they came, without holes; a `reset` begins the next stretch.
    private(set) var stretches: [[String]] = [[]]
    /// The ids of what was shown to this guest as its own.
    private(set) var stored: Set<String> = []
    /// The ids of what the server refused to store.
    private(set) var refused: Set<String> = []
    /// How often it had to come back.
    private(set) var returns = 0

    private let port: Int
    private let tally: Tally
    private var client: ChatClient?
    private var epoch: String?
    private var lastSeq: Int64 = 0
    private var said = 0
    private var pending: String?
    private var repeated: Set<String> = []
    private var isStopping = false

    init(_ key: String, port: Int, _ tally: Tally) {
        (self.key, self.port, self.tally) = (key, port, tally)
    }

    /// Comes in.
    func join() async throws { _ = try await connected() }

    /// Talks until it is told to stop and was answered.
    func talk() async throws {
        isStopping = false
        if pending == nil { sayNext() }
        try await stay { pending == nil }
    }

    /// Makes `talk` return after the next answer.
    func stop() { isStopping = true }

    /// Listens until it has seen the message of this number.
    func listen(through seq: Int64) async throws { try await stay { lastSeq >= seq } }

    private func stay(until isDone: () -> Bool) async throws {
        while !isDone() {
            do {
                let client = try await connected()
                try await hear(client.next())
            } catch let farewell as ChatClient.Farewell {
                client = nil
                guard [nil, 1001, 1011, 1012, 1013, 4408].contains(farewell.code) else {
                    throw Fault.sentAway(farewell)
                }
                returns += 1
                // A client's own pause before it comes back.
                try await Task.sleep(for: .milliseconds(.random(in: 20...100)))
            }
        }
    }

    private func connected() async throws -> ChatClient {
        if let client { return client }
        let place = epoch.map { "after=\(lastSeq)&epoch=\($0)" } ?? "history=0"
        let (client, welcome) = try await ChatClient.join(port, "session_key=\(key)&\(place)")
        guard let newest = welcome.lastSeq else { throw Fault.unexpected(welcome) }
        if epoch == nil {
            lastSeq = newest
        } else if welcome.reset != nil {
            stretches.append([])
            lastSeq = max(0, newest - Self.historyOnJoin)
        } else if welcome.resumed != true {
            throw Fault.unexpected(welcome)
        }
        epoch = welcome.epoch
        self.client = client
        if let pending { sayAgain(pending) }
        return client
    }

    /// The default of `history_on_join`.
    private static let historyOnJoin: Int64 = 100

    private func sayNext() {
        said += 1
        let id = "\(key)-\(said)"
        pending = id
        client?.say("text of \(id)", id: id)
    }

    private func sayAgain(_ id: String) {
        repeated.insert(id)
        client?.say("text of \(id)", id: id)
    }

    private func hear(_ frame: ChatFrame) async throws {
        if let seq = frame.seq {
            // The answer to a repeat comes out of order.
            if seq == lastSeq + 1 {
                stretches[stretches.count - 1].append(frame.row)
                lastSeq = seq
            } else if !(frame.id.map(repeated.contains) ?? false) {
                throw Fault.outOfOrder(frame, after: lastSeq)
            }
            if let id = frame.id, id == pending {
                stored.insert(id)
                await answered()
            }
        } else if frame.error == "not_stored", let id = frame.id, id == pending {
            refused.insert(id)
            await answered()
        } else if frame.error == "unavailable", let id = frame.id, id == pending {
            sayAgain(id)
        } else {
            throw Fault.unexpected(frame)
        }
    }

    private func answered() async {
        pending = nil
        await tally.add()
        if !isStopping { sayNext() }
    }
}

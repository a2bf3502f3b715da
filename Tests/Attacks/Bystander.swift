internal import Synchronization
internal import TestKit

/// Somebody who just chats while others attack: says something at a steady pace and measures when it comes back.
package final class Bystander: Sendable {
    /// What a bystander must never see.
    package struct Fault: Error, CustomStringConvertible {
        /// In words.
        package let description: String
    }

    private struct State {
        /// When each message was due to be said, by its id.
        var due: [String: ContinuousClock.Instant] = [:]
        var delays: [(due: ContinuousClock.Instant, delay: Duration)] = []
        var said = 0
        var lastSeq: Int64
        var isStopping = false
    }

    private let client: ChatClient
    private let name: String
    private let state: Mutex<State>

    /// Logs in by a session of its own.
    package init(_ port: Int, key: String) async throws {
        let (client, welcome) = try await ChatClient.join(port, "session_key=\(key)&history=0")
        self.client = client
        // Ids are remembered by the server, also those of an earlier bystander of the same session.
        name = "\(key)-\(UInt32.random(in: 0 ... .max))"
        state = Mutex(State(lastSeq: welcome.lastSeq ?? 0))
    }

    /// Chats until told to stop and everything said has come back; each message of the room must come once, in order.
    ///
    /// - Parameter pace: between two messages. A message that is late does not delay the next.
    package func chat(every pace: Duration) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.listen() }
            var due = ContinuousClock.now
            while !state.withLock({ $0.isStopping }) {
                say(due)
                due += pace
                try await Task.sleep(until: due, clock: .continuous)
            }
            // One more, so that the listener sees the end.
            say(due, isLast: true)
            try await group.waitForAll()
        }
        try await client.leave()
    }

    /// Ends the chat.
    package func stop() { state.withLock { $0.isStopping = true } }

    /// How long the messages took that were due between two moments, in milliseconds.
    package func delays(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> [Double] {
        state.withLock { state in
            state.delays.filter { start <= $0.due && $0.due < end }.map { $0.delay / .milliseconds(1) }
        }
    }

    private func say(_ due: ContinuousClock.Instant, isLast: Bool = false) {
        let id = state.withLock { state in
            state.said += 1
            let id = isLast ? "\(name)-last" : "\(name)-\(state.said)"
            state.due[id] = due
            return id
        }
        client.say("hello", id: id)
    }

    private func listen() async throws {
        while true {
            let frame = try await client.next()
            guard let seq = frame.seq else { throw Fault(description: "\(name) was told: \(frame)") }
            let isLast = try state.withLock { state in
                guard seq == state.lastSeq + 1 else {
                    throw Fault(description: "\(name) saw \(seq) after \(state.lastSeq)")
                }
                state.lastSeq = seq
                guard let id = frame.id, let due = state.due.removeValue(forKey: id) else { return false }
                state.delays.append((due, .now - due))
                return id == "\(name)-last"
            }
            if isLast { return }
        }
    }
}

import Foundation
import TestKit
import Testing

extension BlackBox {
    /// Moderation by SQL and from a moderator's socket acts on live connections of two server processes.
    @Suite struct Moderating {
        private static let sessions =
            "('a', 'ann', 1, 'member'), ('b', 'ben', 1, 'member'), ('m', 'mod', 1, 'moderator')"

        /// Ann is with one server, Ben with the other.
        private func withTwo(
            _ test: (_ one: AppProcess, _ ann: ChatClient, _ other: AppProcess, _ ben: ChatClient) async throws -> Void
        ) async throws {
            try await withApp(sessions: Self.sessions, drain: 8) { one in
                let other = try await AppProcess.start(#", "drain_timeout_s": 8"#, url: one.url)
                let result: Result<Void, any Error>
                do {
                    let (ann, _) = try await ChatClient.join(await one.wsPort, "session_key=a&events=session,changes")
                    let (ben, _) = try await ChatClient.join(await other.wsPort, "session_key=b&events=session,changes")
                    result = .success(try await test(one, ann, other, ben))
                } catch { result = .failure(error) }
                await ChatClient.hangUp(await other.wsPort)
                try await other.terminate()
                try result.get()
            }
        }

        @Test func whatSQLSetsReachesLiveConnections() async throws {
            try await withTwo { one, ann, other, ben in
                try await one.sql("select freeze(1, true, 'calm down', 'root')")
                for client in [ann, ben] {
                    #expect(try await client.next().text.contains(#""frozen":true"#))
                    client.say("no")
                    #expect(try await client.next().error == "frozen")
                }
                try await one.sql("select freeze(1, false); select mute(1, 'ben', now() + interval '1 hour')")
                // Both may be one event for Ben.
                _ = try await ann.frames { $0.text.contains("session") && !$0.text.contains("frozen") }
                _ = try await ben.frames { $0.text.contains("muted_until") && !$0.text.contains("frozen") }
                ben.say("no")
                #expect(try await ben.next().error == "muted")
                ann.say("still here")
                #expect(try await ben.next().message == "still here")
                #expect(try await ann.next().message == "still here")

                try await one.sql("select mute(1, 'ben', now()); select ban(null, 'ben', null, 'spam')")
                #expect(try await ben.farewell().code == 4403)
                let again = try await ChatClient.connect(await one.wsPort, "session_key=b")
                #expect(try await again.farewell().code == 4403)

                try await one.sql("select kick('ann')")
                #expect(try await ann.farewell().code == 4403)
                let (back, _) = try await ChatClient.join(await other.wsPort, "session_key=a&history=0")
                back.say("back")
                #expect(try await back.next().message == "back")
            }
        }

        @Test func moderatorsActFromTheirSocket() async throws {
            try await withTwo { one, ann, other, ben in
                let (moderator, _) = try await ChatClient.join(await one.wsPort, "session_key=m&history=0")
                ben.send(#"{"mute":{"user":"ann"},"id":"1"}"#)
                #expect(try await ben.next().error == "forbidden")
                moderator.send(#"{"mute":{"user":"ben","seconds":3600,"reason":"noise"},"id":"1"}"#)
                #expect(try await moderator.next().text == #"{"done":"mute","user":"ben","id":"1"}"#)
                _ = try await ben.frames { $0.text.contains("muted_until") }
                moderator.send(#"{"slow_mode":3600}"#)
                #expect(try await moderator.next().text == #"{"done":"slow_mode"}"#)
                _ = try await ann.frames { $0.text.contains(#""slow_mode":3600"#) }
                ann.say("one")
                #expect(try await ann.next().message == "one")
                ann.say("two")
                #expect(try await ann.next().error == "rate_limited")
                moderator.send(#"{"delete":1}"#)
                #expect(try await ann.next().text.contains(#""user":"mod","deleted":1"#))
                #expect(
                    try await one.sql("select action, identity, reason, actor from moderation_log order by \"time\"")
                        == ["mute|ben|noise|mod", "slow_mode|||mod"])
                #expect(try await one.sql("select message, deleted_seq from log") == ["|2"])
            }
        }
    }
}

import Foundation
import TestKit
import Testing

extension BlackBox {
    /// Who may come in, and who must go.
    @Suite struct Sessions {
        @Test func keyMayComeByCookieBearerOrFirstFrame() async throws {
            try await withApp(sessions: "('k1','Ann',0), ('k2','Bob',0), ('k3','Cid',0), ('k 4/ü','Dan',0)") { app in
                let port = await app.wsPort
                let cookie = ["Cookie: other=1; session_key=k1"]
                #expect(try await ChatClient.join(port, "", headers: cookie).welcome.user == "Ann")
                let bearer = ["Authorization: Bearer k2"]
                #expect(try await ChatClient.join(port, "", headers: bearer).welcome.user == "Bob")
                #expect(try await ChatClient.join(port, "session_key=k%204%2F%C3%BC").welcome.user == "Dan")
                // The order of precedence.
                #expect(
                    try await ChatClient.join(port, "session_key=k3", headers: cookie + bearer).welcome.user == "Cid")
                #expect(try await ChatClient.join(port, "", headers: cookie + bearer).welcome.user == "Ann")

                let silent = try await ChatClient.connect(port, "")
                silent.send(#"{"session_key":"k3"}"#)
                #expect(try await silent.next().user == "Cid")
            }
        }

        @Test func cookieCountsOnlyForPagesOfTheSameHost() async throws {
            try await withApp(#", "limits": {"handshake_timeout_s": 0.5}"#) { app in
                let port = await app.wsPort
                let cookie = "Cookie: session_key=1"
                let own = try await ChatClient.join(
                    port, "", headers: [cookie, "Origin: http://127.0.0.1:\(await app.htmlPort)"])
                #expect(own.welcome.user == "Michael Redman")
                let foreign = try await ChatClient.connect(
                    port, "", headers: [cookie, "Origin: https://evil.example"])
                let (frames, farewell) = try await foreign.rest()
                #expect(frames.isEmpty)
                #expect(farewell.code == 4408)
            }
        }

        @Test func foreignOriginIsRefused() async throws {
            try await withApp(#", "allowed_origins": ["https://chat.example"]"#) { app in
                let port = await app.wsPort
                await #expect(throws: ChatClient.Refused(status: 403)) {
                    _ = try await ChatClient.connect(port, headers: ["Origin: https://evil.example"])
                }
                let listed = try await ChatClient.join(
                    port, "", headers: ["Origin: https://chat.example", "Cookie: session_key=1"])
                #expect(listed.welcome.user == "Michael Redman")
            }
        }

        @Test func badAndExpiredKeysAreClosedAndNothingElse() async throws {
            try await withApp(sessions: "('old','Ann',0,'member',now() - interval '1 second')") { app in
                for query in ["session_key=unknown", "session_key=old", "session_key="] {
                    let (frames, farewell) = try await ChatClient.connect(await app.wsPort, query).rest()
                    #expect(frames.isEmpty, "\(query)")
                    #expect(farewell.code == 4401, "\(query)")
                }
                let talkative = try await ChatClient.connect(await app.wsPort, "")
                talkative.say("no key at all")
                #expect(try await talkative.farewell().code == 4401)
            }
        }

        @Test func silentClientIsClosed() async throws {
            try await withApp(#", "limits": {"handshake_timeout_s": 0.2}"#) { app in
                let (frames, farewell) = try await ChatClient.connect(await app.wsPort, "").rest()
                #expect(frames.isEmpty)
                #expect(farewell.code == 4408)
            }
        }

        @Test func deletedSessionIsClosedEverywhereAndOthersStay() async throws {
            try await withApp(sessions: "('a','Ann',0), ('b','Bob',0)") { app in
                let port = await app.wsPort
                var anns: [ChatClient] = []
                for _ in 0..<3 { anns.append(try await ChatClient.join(port, "session_key=a").client) }
                let (bob, _) = try await ChatClient.join(port, "session_key=b")
                try await app.sql("delete from sessions where session_key = 'a'")
                for ann in anns { #expect(try await ann.farewell().code == 4403) }
                #expect(try await ChatClient.connect(port, "session_key=a").farewell().code == 4401)
                bob.say("I stay")
                #expect(try await bob.next().seq == 1)
            }
        }

        @Test func sessionThatExpiresWhileConnectedIsClosed() async throws {
            try await withApp(#", "session_check_s": 0.1"#) { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                try await app.sql("update sessions set expires_at = now() + interval '0.3 seconds'")
                #expect(try await client.farewell().code == 4401)
                #expect(try await ChatClient.connect(await app.wsPort).farewell().code == 4401)
            }
        }

        @Test func aLaterEndIsNoticedBeforeTheEarlierOne() async throws {
            try await withApp(#", "session_check_s": 0.1"#) { app in
                try await app.sql("update sessions set expires_at = now() + interval '2 seconds'")
                let (client, _) = try await ChatClient.join(await app.wsPort)
                try await app.sql("update sessions set expires_at = expires_at + interval '1 hour'")
                // The first end has passed, and the server has looked at the session since.
                try await app.sql(
                    "select pg_sleep_until(expires_at - interval '1 hour' + interval '0.5 seconds') from sessions")
                client.say("still here")
                #expect(try await client.next().message == "still here")
            }
        }

        @Test func aUserIDIsInWelcomeMessagesAndHistory() async throws {
            try await withApp(sessions: "('a','Ann',0), ('b','Ann',0), ('c','Cid',0)") { app in
                let port = await app.wsPort
                try await app.sql("update sessions set user_id = 'u' || session_key where session_key <> 'c'")
                let (ann, welcome) = try await ChatClient.join(port, "session_key=a&events=session")
                let (other, _) = try await ChatClient.join(port, "session_key=b")
                let (cid, welcomeOfCid) = try await ChatClient.join(port, "session_key=c")
                #expect(welcome.text.contains(#""user":"Ann","user_id":"ua","room":0"#))
                #expect(!welcomeOfCid.text.contains("user_id"))
                ann.say("one", id: "1")
                #expect(try await cid.next().text.contains(#""user":"Ann","user_id":"ua","message":"one","id":"1"}"#))
                _ = try await ann.next()
                _ = try await other.next()
                // The same name is not the same person, a new name is.
                other.say("two", id: "1")
                #expect(try await cid.next().text.contains(#""seq":2,"#))
                _ = try await ann.next()
                try await app.sql("update sessions set user_name = 'Anna' where session_key = 'a'")
                #expect(try await ann.next().text == #"{"session":{"user":"Anna","user_id":"ua","role":"member"}}"#)
                ann.say("one", id: "1")
                #expect(try await ann.next().seq == 1)
                cid.say("three")
                #expect(try await !cid.next().text.contains("user_id"))
                #expect(try await app.sql("select user_id from log order by seq") == ["ua", "ub"])
                cid.send(#"{"history":{"before":3,"limit":10}}"#)
                #expect(try await cid.next().text.contains(#""user_id":"ub","message":"two""#))
            }
        }

        @Test func anotherPersonOrRoomReconnectsAndAnotherKeyDoesNot() async throws {
            try await withApp(sessions: "('a','Ann',0), ('b','Bob',0), ('c','Cid',0)") { app in
                let port = await app.wsPort
                let (ann, _) = try await ChatClient.join(port, "session_key=a")
                let (bob, _) = try await ChatClient.join(port, "session_key=b")
                let (cid, _) = try await ChatClient.join(port, "session_key=c")
                try await app.sql("update sessions set user_id = '7' where session_key = 'a'")
                let farewell = try await ann.farewell()
                #expect((farewell.code, farewell.reason) == (1012, "retry_ms=0"))
                try await app.sql("update sessions set chat_room = 1 where session_key = 'b'")
                #expect(try await bob.farewell().code == 1012)
                try await app.sql("update sessions set session_key = 'd' where session_key = 'c'")
                #expect(try await cid.farewell().code == 4403)
            }
        }

        @Test func changedNameIsUsedFromThenOn() async throws {
            try await withApp(#", "limits": {"messages_per_s": null}"#) { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                client.say("before")
                #expect(try await client.next().user == "Michael Redman")
                try await app.sql("update sessions set user_name = 'Mike'")
                // The news takes a moment; the new name stays once it is there.
                var users: [String] = []
                repeat {
                    client.say("who am I?")
                    users.append(try #require(try await client.next().user))
                } while users.last == "Michael Redman"
                client.say("after")
                #expect(try await client.next().user == "Mike")
                #expect(users.last == "Mike")
            }
        }

        @Test func changedNameIsToldToWhoAsked() async throws {
            try await withApp { app in
                let (asking, welcome) = try await ChatClient.join(await app.wsPort, "session_key=1&events=session")
                #expect(welcome.text.contains(#","message_bytes_max":65536,"#))
                let (plain, plainWelcome) = try await ChatClient.join(await app.wsPort)
                #expect(!plainWelcome.text.contains("message_bytes_max"))
                try await app.sql("update sessions set user_name = 'Mike'")
                #expect(try await asking.next().text == #"{"session":{"user":"Mike","role":"member"}}"#)
                asking.say("renamed")
                #expect(try await asking.next().user == "Mike")
                #expect(try await plain.next().user == "Mike")
                await #expect(throws: ChatClient.Refused(status: 400)) {
                    _ = try await ChatClient.connect(await app.wsPort, "session_key=1&events=everything")
                }
            }
        }

        @Test func repeatIsFoundAcrossAChangeOfName() async throws {
            try await withApp { app in
                let (client, _) = try await ChatClient.join(await app.wsPort, "session_key=1&events=session")
                client.say("said before", id: "a")
                let said = try await client.next()
                try await app.sql("update sessions set user_name = 'Mike'")
                #expect(try await client.next().text == #"{"session":{"user":"Mike","role":"member"}}"#)
                client.say("said before", id: "a")
                #expect(try await client.next() == said)
                client.say("said after", id: "b")
                #expect(try await client.next().user == "Mike")
                // The same by a connection that never knew the old name, and after another change.
                try await app.sql("update sessions set user_name = 'M. R.'")
                let (later, welcome) = try await ChatClient.join(await app.wsPort, "session_key=1&history=0")
                #expect(welcome.user == "M. R.")
                for (id, seq) in [("a", Int64(1)), ("b", 2)] {
                    later.say("again", id: id)
                    #expect(try await later.next().seq == seq)
                }
                #expect(try await logged(app) == ["1|Michael Redman|a|said before", "2|Mike|b|said after"])
            }
        }

        @Test func changedRoleHoldsFromThenOn() async throws {
            try await withApp(#", "limits": {"messages_per_s": null}"#) { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                try await app.sql("update sessions set role = 'reader'")
                var answer: ChatFrame
                repeat {
                    client.say("may I?")
                    answer = try await client.next()
                } while answer.error == nil
                #expect(answer.error == "read_only")
            }
        }

        @Test func changedRoomSendsTheClientThere() async throws {
            try await withApp { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                try await app.sql("update sessions set chat_room = 7")
                let farewell = try await client.farewell()
                #expect(farewell.code == 1012)
                #expect(farewell.reason.contains("retry_ms="))
                let (back, welcome) = try await ChatClient.join(await app.wsPort)
                #expect(welcome.text.contains("\"room\":7,"))
                try await back.leave()
            }
        }

        @Test func connectionsOfASessionAreLimited() async throws {
            try await withApp(
                #", "limits": {"connections_per_session_max": 2}"#, sessions: "('a','Ann',0), ('b','Bob',0)"
            ) { app in
                let port = await app.wsPort
                let first = try await ChatClient.join(port, "session_key=a").client
                _ = try await ChatClient.join(port, "session_key=a")
                #expect(try await ChatClient.connect(port, "session_key=a").farewell().code == 4409)
                _ = try await ChatClient.join(port, "session_key=b")
                first.say("I stay")
                #expect(try await first.next().seq == 1)
            }
        }

        @Test func connectionsOfTheProcessAreLimited() async throws {
            try await withApp(#", "limits": {"connections_max": 3}"#) { app in
                let port = await app.wsPort
                var clients: [ChatClient] = []
                while clients.count < 3 { clients.append(try await ChatClient.join(port).client) }
                await #expect(throws: ChatClient.Refused(status: 503)) { _ = try await ChatClient.connect(port) }
                clients[0].say("I stay")
                #expect(try await clients[2].next().seq == 1)
            }
        }
    }
}

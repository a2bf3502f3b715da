import Foundation
import TestKit
import Testing

extension BlackBox {
    /// People talk.
    @Suite struct Conversation {
        @Test func nodejschatsClientIsServedAsEver() async throws {
            try await withApp(sessions: "('1','Michael Redman',0), ('2','Ann \"Q\" Ü',0)") { app in
                let (michael, welcome) = try await ChatClient.join(await app.wsPort, "session_key=1")
                let epoch = try #require(welcome.epoch)
                #expect(!epoch.isEmpty)
                #expect(
                    welcome.text
                        == "{\"authenticated\":true,\"user\":\"Michael Redman\",\"room\":0,\"role\":\"member\","
                        + "\"epoch\":\"\(epoch)\",\"last_seq\":0,\"resumed\":false}")
                let (ann, annsWelcome) = try await ChatClient.join(await app.wsPort, "session_key=2")
                #expect(annsWelcome.text.contains("\"user\":\"Ann \\\"Q\\\" Ü\""))

                michael.send(#"{"message":"hello","unknown":[1,{"x":null}]}"#)
                ann.send(#"{"id":"a-1","message":"tabs\tand 🎈 \u00e9"}"#)
                for client in [michael, ann] {
                    let first = try await client.next()
                    let second = try await client.next()
                    let frames = [first, second].sorted { ($0.user ?? "") > ($1.user ?? "") }
                    #expect([first.seq, second.seq] == [1, 2])
                    #expect(
                        try
                            #/\{"seq":[12],"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","user":"Michael Redman","message":"hello"\}/#
                            .wholeMatch(in: frames[0].text) != nil)
                    #expect(frames[1].message == "tabs\tand 🎈 é")
                    #expect(frames[1].text.hasSuffix(#","id":"a-1"}"#))
                }
                #expect(try await app.sql("select count(*), min(seq), max(seq) from log") == ["2|1|2"])
            }
        }

        @Test func timeIsTheDatabasesInUTC() async throws {
            try await withApp { app in
                try await app.sql("select new_message(0, '2016-08-08 19:20:32.4219+02', 'Robot', 'then')")
                let (client, _) = try await ChatClient.join(await app.wsPort, "session_key=1&history=9")
                #expect(
                    try await client.next().text
                        == #"{"seq":1,"time":"2016-08-08T17:20:32.421Z","user":"Robot","message":"then"}"#)
            }
        }

        @Test func roomsNeverMix() async throws {
            try await withApp(sessions: "('a','Ann',1), ('b','Bob',2), ('c','Cid',1)", drain: 6) { app in
                let port = await app.wsPort
                let ann = try await ChatClient.join(port, "session_key=a").client
                let bob = try await ChatClient.join(port, "session_key=b").client
                let cid = try await ChatClient.join(port, "session_key=c").client
                for number in 1...20 {
                    ann.say("one \(number)")
                    bob.say("two \(number)")
                }
                #expect(try await ann.next(20).map(\.message) == (1...20).map { "one \($0)" })
                #expect(try await cid.next(20).map(\.seq) == (1...20).map { Int64($0) })
                #expect(try await bob.next(20).map(\.message) == (1...20).map { "two \($0)" })
                try await app.terminate()
                for client in [ann, bob, cid] { #expect(try await client.rest().frames.isEmpty) }
            }
        }

        @Test func everyMessageSeenIsInTheLogWithTheSameNumber() async throws {
            try await withApp(#", "limits": {"messages_per_s": null}"#, sessions: "('a','Ann',0), ('b','Bob',0)") {
                app in
                let ann = try await ChatClient.join(await app.wsPort, "session_key=a").client
                let bob = try await ChatClient.join(await app.wsPort, "session_key=b").client
                for number in 1...100 {
                    ann.say("a \(number)", id: "a\(number)")
                    bob.say("b \(number)")
                }
                let seen = try await ann.next(200)
                #expect(try await bob.next(200) == seen)
                #expect(try await logged(app) == seen.map(\.row))
                #expect(seen.map(\.seq) == (1...200).map { Int64($0) })
            }
        }

        @Test func messagesFromSQLAreShownWhenCommittedAndOnlyThen() async throws {
            try await withApp { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                try await app.sql(
                    """
                    begin; select new_message(0, now(), 'SQL', 'rolled back'); rollback;
                    begin; select new_message(0, now(), 'SQL', 'first'); select new_message(0, null, 'SQL', 'second');
                    commit;
                    """)
                let shown = try await client.next(2)
                #expect(shown.map(\.message) == ["first", "second"])
                #expect(shown.map(\.user) == ["SQL", "SQL"])
                client.say("third")
                #expect(try await client.next().message == "third")
                #expect(try await logged(app).count == 3)
            }
        }

        @Test func openTransactionDelaysNobodyAndIsShownAfterItsCommit() async throws {
            try await withApp { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                // The caller commits only after somebody else's message was stored.
                async let held: [String] = app.sql(
                    """
                    begin;
                    select new_message(0, now(), 'SQL', 'held');
                    do $$ begin while (select count(*) from log) = 0 loop perform pg_sleep(0.01); end loop; end $$;
                    commit;
                    """)
                client.say("not delayed")
                #expect(try await client.next().message == "not delayed")
                _ = try await held
                #expect(try await client.next().message == "held")
            }
        }

        @Test func repeatedIdIsStoredOnceAndAnsweredToTheRepeaterOnly() async throws {
            try await withApp(sessions: "('a','Ann',0), ('b','Bob',0)") { app in
                let port = await app.wsPort
                let ann = try await ChatClient.join(port, "session_key=a").client
                let bob = try await ChatClient.join(port, "session_key=b").client
                ann.say("once", id: "x")
                let original = try await ann.next()
                ann.say("another text", id: "x")
                #expect(try await ann.next() == original)
                bob.say("bob's own", id: "x")
                #expect(try await bob.next(2).map(\.message) == ["once", "bob's own"])
                #expect(try await ann.next().seq == 2)
                #expect(try await logged(app) == ["1|Ann|x|once", "2|Bob|x|bob's own"])
            }
        }

        @Test func readerReadsOnly() async throws {
            try await withApp(sessions: "('a','Ann',0,'member'), ('r','Rea',0,'reader')") { app in
                let reader = try await ChatClient.join(await app.wsPort, "session_key=r")
                #expect(reader.welcome.text.contains("\"role\":\"reader\""))
                reader.client.say("let me", id: "r1")
                let refusal = try await reader.client.next()
                #expect(refusal.error == "read_only")
                #expect(refusal.id == "r1")
                let ann = try await ChatClient.join(await app.wsPort, "session_key=a").client
                ann.say("hello")
                #expect(try await reader.client.next().message == "hello")
                #expect(try await logged(app) == ["1|Ann||hello"])
            }
        }

        @Test(arguments: [
            ("{", "bad_json"), ("[]", "bad_json"), (#"{"message":true}"#, "bad_message"),
            (#"{"message":""}"#, "bad_message"),
            (#"{"message":"a\u0000b"}"#, "bad_message"), (#"{"dance":1}"#, "unknown_command"),
        ])
        func errorsGoToTheSenderAndTheConnectionStays(frame: String, code: String) async throws {
            try await withApp { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                let (other, _) = try await ChatClient.join(await app.wsPort)
                client.send(frame)
                #expect(try await client.next().error == code)
                client.say("still here")
                #expect(try await client.next().seq == 1)
                #expect(try await other.next().seq == 1)
            }
        }

        @Test func floodIsRefusedAndTold() async throws {
            try await withApp(#", "limits": {"messages_per_s": 0.01, "messages_burst": 3}"#) { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                for number in 1...5 { client.say("\(number)", id: "i\(number)") }
                let frames = try await client.next(5)
                let refused = frames.filter { $0.error == "rate_limited" }
                #expect(refused.map(\.id) == ["i4", "i5"])
                #expect(refused.allSatisfy { $0.text.contains("\"retry_after_ms\":") })
                #expect(frames.compactMap(\.message) == ["1", "2", "3"])
            }
        }
    }
}

import Foundation
import TestKit
import Testing

extension BlackBox {
    /// What was wrong with nodejschat 0.1.0, one test each.
    @Suite struct NodejschatsDefects {
        private static let unlimited = #", "limits": {"messages_per_s": null}"#

        @Test func othersNamesOrRoomsAfterDisconnects() async throws {
            let people = (0..<12).map { (key: "k\($0)", user: "user \($0)", room: $0 % 3) }
            let rows = people.map { "('\($0.key)','\($0.user)',\($0.room))" }.joined(separator: ", ")
            try await withApp(Self.unlimited, sessions: rows) { app in
                let port = await app.wsPort
                var clients: [ChatClient] = []
                for person in people {
                    clients.append(try await ChatClient.join(port, "session_key=\(person.key)").client)
                }
                // nodejschat kept sockets in an array and spliced it: everybody behind a leaver became somebody else.
                for index in [0, 4, 5, 7, 11] {
                    try await (index % 2 == 0 ? clients[index].leave() : clients[index].cut())
                }
                for index in [7, 0] {
                    clients[index] = try await ChatClient.join(port, "session_key=\(people[index].key)").client
                }
                let present = [0, 1, 2, 3, 6, 7, 8, 9, 10]
                for index in present { clients[index].say("I am \(people[index].user)") }
                for index in present {
                    let neighbours = present.filter { people[$0].room == people[index].room }
                    let heard = try await clients[index].next(neighbours.count)
                    #expect(heard.allSatisfy { $0.message == "I am \($0.user ?? "")" })
                    #expect(Set(heard.map(\.user)) == Set(neighbours.map { people[$0].user }))
                }
                let misplaced = """
                    select count(*) from log l
                    where not exists (select from sessions s where s.user_name = l."user" and s.chat_room = l.room)
                    """
                #expect(try await app.sql(misplaced) == ["0"])
            }
        }

        @Test func oneBadFrameKillsTheProcess() async throws {
            try await withApp(Self.unlimited) { app in
                let (witness, _) = try await ChatClient.join(await app.wsPort)
                let nesting = String(repeating: "[", count: 60_000)
                let frames = [
                    "", "{", "null", "7", "\"text\"", "{\"message\"", "{\"message\":", "{\"message\":\"\\ud800\"}",
                    "{\"message\":{}}", "{\"id\":1,\"message\":\"x\"}", "{\"__proto__\":null}", nesting,
                    "{\"message\":\"\u{1}\"}", "{\"history\":7}", "{\"history\":{\"before\":1e999}}", "}{",
                    "\u{FEFF}{}",
                ]
                for frame in frames {
                    let (client, _) = try await ChatClient.join(await app.wsPort)
                    client.send(frame)
                    #expect(try await client.next().error != nil, "\(frame.prefix(40))")
                    try await client.leave()
                }
                witness.say("alive")
                #expect(try await witness.next().seq == 1)
            }
        }

        @Test func historyRacesWithLiveMessages() async throws {
            let sessions = "('1','Ann',0), ('2','Bob',0)"
            try await withApp(Self.unlimited + #", "recent_per_room": 32"#, sessions: sessions) { app in
                let port = await app.wsPort
                let (poster, _) = try await ChatClient.join(port, "session_key=1")
                let posting = Task {
                    var said = 0
                    while !Task.isCancelled {
                        // Eight in flight: as fast as they are acknowledged.
                        if said < 8 { said += 1 } else { _ = try await poster.next() }
                        poster.say("m")
                    }
                }
                for round in 0..<30 {
                    let history = [0, 10, 50, 100][round % 4]
                    let (client, welcome) = try await ChatClient.join(port, "session_key=2&history=\(history)")
                    let head = try #require(welcome.lastSeq)
                    let first = max(0, head - Int64(history)) + 1
                    let numbers = try await client.next(history + 60).compactMap(\.seq)
                    #expect(numbers == Array(first..<first + Int64(history) + 60))
                    try await client.leave()
                }
                posting.cancel()
                _ = try? await posting.value
            }
        }

        @Test func wholeLogIsSentOnEveryJoin() async throws {
            let prepare = """
                insert into rooms values (0, 20000);
                insert into log (room, seq, "time", "user", message)
                    select 0, n, now(), 'Ann', 'm' || n from generate_series(1, 20000) n
                """
            try await withApp(prepare: prepare) { app in
                let (client, welcome) = try await ChatClient.join(await app.wsPort)
                #expect(welcome.lastSeq == 20_000)
                client.say("live")
                let frames = try await client.frames { $0.message == "live" }
                #expect(frames.map(\.seq) == (19_901...20_001).map { Int64($0) })
            }
        }

        @Test func noIdOnTheWire() async throws {
            try await withApp { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                client.say("numbered", id: "mine")
                let frame = try await client.next()
                #expect(frame.seq == 1)
                #expect(frame.id == "mine")
                #expect(try await logged(app) == [frame.row])
            }
        }

        @Test func oneConnectionForEverything() async throws {
            try await withApp(#", "db_pool_size": 5"#) { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                client.say("hello")
                _ = try await client.next()
                let connections = """
                    select application_name, count(*) from pg_stat_activity
                    where datname = current_database() and application_name like 'chat%' group by 1 order by 1
                    """
                // The pool opens its connections by and by.
                var rows: [String]
                repeat { rows = try await app.sql(connections) } while rows != ["chat|6", "chat-listen|1"]
                #expect(rows.count == 2)
            }
        }

        @Test func lostDatabaseConnectionIsNeverMadeAgain() async throws {
            try await withApp(Self.unlimited, sessions: "('1','Ann',0), ('2','Bob',0)") { app in
                let (ann, _) = try await ChatClient.join(await app.wsPort, "session_key=1")
                let (bob, _) = try await ChatClient.join(await app.wsPort, "session_key=2")
                for round in 1...5 {
                    for number in 1...20 { ann.say("\(round).\(number)", id: "i\(round).\(number)") }
                    try await app.sql(
                        """
                        select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and application_name like 'chat%'
                        """)
                    ann.say("\(round).last", id: "i\(round).last")
                    let seen = try await ann.frames { $0.message == "\(round).last" }
                    #expect(seen.count == 21)
                    #expect(try await bob.next(21) == seen)
                }
                #expect(
                    try await app.sql("select count(*), count(distinct client_id), max(seq) from log") == [
                        "105|105|105"
                    ])
                // What SQL says is heard again, too.
                try await app.sql("select new_message(0, now(), 'SQL', 'heard')")
                #expect(try await bob.next().message == "heard")
                try await app.sql("delete from sessions where session_key = '1'")
                #expect(try await ann.farewell().code == 4403)
            }
        }

        @Test func sessionKeysAndTextsAreLogged() async throws {
            let keys = ["s3cret-query", "s3cret-cookie", "s3cret-bearer", "s3cret-frame"]
            let rows = keys.map { "('\($0)','Ann',0)" }.joined(separator: ", ")
            let url = try await PostgresFixture.shared.database()
            try await SQL(url).run(
                """
                insert into sessions values \(rows);
                create function refuse() returns trigger language plpgsql as
                    $$ begin raise exception 'refused: %', new.message; end $$;
                create trigger refuse before insert on log for each row when (new.message like 'refuse%')
                    execute function refuse();
                """)
            let app = try await AppProcess.start(#", "log_level": "trace", "drain_timeout_s": 10"#, url: url)
            let port = await app.wsPort
            let clients = [
                try await ChatClient.join(port, "session_key=s3cret-query").client,
                try await ChatClient.join(port, "", headers: ["Cookie: session_key=s3cret-cookie"]).client,
                try await ChatClient.join(port, "", headers: ["Authorization: Bearer s3cret-bearer"]).client,
                try await ChatClient.connect(port, ""),
            ]
            clients[3].send(#"{"session_key":"s3cret-frame"}"#)
            #expect(try await clients[3].next().user == "Ann")
            for client in clients {
                client.say("pr1vate words")
                client.say("refuse pr1vate words", id: "r")
                client.send("{\"message\": pr1vate words}")
                _ = try await client.frames { $0.error == "not_stored" }
            }
            for key in ["s3cret-wrong", "s3cret%00wrong"] {
                #expect(try await ChatClient.connect(port, "session_key=\(key)").farewell().code == 4401)
            }
            await #expect(throws: ChatClient.Refused.self) {
                _ = try await ChatClient.connect(port, "session_key=s3cret-query&history=s3cret-number")
            }
            _ = try await HTTPAnswer.get("/chat?session_key=s3cret-query", await app.htmlPort)
            try await app.sql("select new_message(0, now(), 'SQL', 'pr1vate from SQL')")
            try await app.sql("delete from sessions where session_key = 's3cret-query'")
            #expect(try await clients[0].farewell().code == 4403)
            #expect(try await app.terminate() == 0)
            let log = await app.wholeLog()
            #expect(log.contains { $0.contains("\"event\":\"message_not_stored\"") })
            #expect(log.contains { $0.contains("\"event\":\"stopped\"") })
            for secret in ["s3cret", "pr1vate"] { #expect(log.filter { $0.contains(secret) } == []) }
        }

        @Test func idsHave32Bits() async throws {
            let prepare = """
                insert into rooms values (0, 3000000000, 3000000001);
                alter table log alter column message_id restart with 5000000000
                """
            try await withApp(prepare: prepare) { app in
                let (client, welcome) = try await ChatClient.join(await app.wsPort)
                #expect(welcome.text.contains("\"last_seq\":3000000000,"))
                for number in 1...3 { client.say("m\(number)") }
                #expect(try await client.next(3).map(\.seq) == [3_000_000_001, 3_000_000_002, 3_000_000_003])
                client.send(#"{"history":{"before":3000000003,"limit":1}}"#)
                #expect(try await client.next().history?.map(\.seq) == [3_000_000_002])
                let (back, resumed) = try await ChatClient.join(
                    await app.wsPort, "session_key=1&after=3000000001&epoch=\(welcome.epoch ?? "")")
                #expect(resumed.resumed == true)
                #expect(try await back.next(2).map(\.seq) == [3_000_000_002, 3_000_000_003])
                #expect(try await app.sql("select min(message_id) >= 5000000000 from log") == ["t"])
            }
        }
    }
}

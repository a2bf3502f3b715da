import Foundation
import TestKit
import Testing

extension BlackBox {
    /// What a client gets of what was said before it came.
    @Suite struct History {
        /// Messages `m1` … in room 0, as the server's own would be.
        private static func said(_ count: Int) -> String {
            """
            insert into rooms values (0, \(count));
            insert into log (room, seq, "time", "user", message)
                select 0, n, now(), 'Ann', 'm' || n from generate_series(1, \(count)) n
            """
        }

        private static func range(_ first: Int, _ last: Int) -> [Int64] {
            first > last ? [] : (first...last).map { Int64($0) }
        }

        @Test func defaultAndAskedForAndNone() async throws {
            try await withApp(#", "history_max": 150, "recent_per_room": 20"#, prepare: Self.said(200)) { app in
                let port = await app.wsPort
                let expected: [(query: String, numbers: [Int64])] = [
                    ("", Self.range(101, 200)), ("&history=0", []), ("&history=7", Self.range(194, 200)),
                    ("&history=20", Self.range(181, 200)), ("&history=21", Self.range(180, 200)),
                    ("&history=9999", Self.range(51, 200)),
                ]
                var clients: [ChatClient] = []
                for (query, _) in expected {
                    let (client, welcome) = try await ChatClient.join(port, "session_key=1" + query)
                    #expect(welcome.lastSeq == 200)
                    clients.append(client)
                }
                clients[0].say("live")
                for (client, (query, numbers)) in zip(clients, expected) {
                    let frames = try await client.frames { $0.message == "live" }
                    #expect(frames.map(\.seq) == numbers + [201], "\(query)")
                }
            }
        }

        @Test func olderHistoryPagesToTheBeginning() async throws {
            try await withApp(prepare: Self.said(57)) { app in
                let (client, _) = try await ChatClient.join(await app.wsPort, "session_key=1&history=0")
                var (before, pages, numbers) = (Int64(58), 0, [Int64]())
                var more = true
                while more {
                    client.send("{\"history\":{\"before\":\(before),\"limit\":10}}")
                    let page = try await client.next()
                    let messages = try #require(page.history)
                    #expect(messages.allSatisfy { $0.message == "m\($0.seq ?? 0)" })
                    more = try #require(page.more as Bool?)
                    numbers = messages.compactMap(\.seq) + numbers
                    before = try #require(numbers.first)
                    pages += 1
                }
                #expect(numbers == Self.range(1, 57))
                #expect(pages == 6)
                client.send("{\"history\":{\"before\":1}}")
                #expect(try await client.next().text == #"{"history":[],"more":false}"#)
            }
        }

        @Test func resumesExactlyAlsoBeyondMemoryAndAcrossARestart() async throws {
            try await withApp(#", "history_on_join": 5, "recent_per_room": 8"#, prepare: Self.said(500)) { app in
                let (client, welcome) = try await ChatClient.join(await app.wsPort)
                let epoch = try #require(welcome.epoch)
                try await client.leave()
                for isRestarted in [false, true] {
                    if isRestarted { try await app.restart() }
                    for after in [0, 1, 250, 495, 499, 500] {
                        let (back, welcome) = try await ChatClient.join(
                            await app.wsPort, "session_key=1&after=\(after)&epoch=\(epoch)")
                        #expect(welcome.resumed == true)
                        #expect(welcome.epoch == epoch)
                        #expect(welcome.reset == nil)
                        #expect(try await back.next(500 - after).map(\.seq) == Self.range(after + 1, 500))
                        back.send("{\"history\":{\"limit\":1}}")
                        #expect(try await back.next().history?.count == 1)
                        try await back.leave()
                    }
                }
            }
        }

        @Test func resumeWithoutAnEpochTrustsTheNumber() async throws {
            try await withApp(prepare: Self.said(9)) { app in
                let (client, welcome) = try await ChatClient.join(await app.wsPort, "session_key=1&after=7")
                #expect(welcome.resumed == true)
                #expect(try await client.next(2).map(\.seq) == [8, 9])
            }
        }

        @Test(arguments: [("after=7&epoch=another", "epoch"), ("after=10", "ahead"), ("after=2", "pruned")])
        func impossibleResumeIsADefaultHistory(query: String, reason: String) async throws {
            let pruned = "; delete from log where seq < 5; update rooms set first_seq = 5"
            try await withApp(#", "history_on_join": 3"#, prepare: Self.said(9) + pruned) { app in
                let (client, welcome) = try await ChatClient.join(await app.wsPort, "session_key=1&" + query)
                #expect(welcome.resumed == false)
                #expect(welcome.reset == reason)
                #expect(welcome.text.hasSuffix(",\"resumed\":false,\"reset\":\"\(reason)\"}"))
                client.say("live")
                #expect(try await client.next(4).map(\.seq) == [7, 8, 9, 10])
            }
        }

        @Test func newEpochIsHonouredWhileOthersAreInTheRoom() async throws {
            try await withApp(prepare: Self.said(3)) { app in
                let port = await app.wsPort
                let (stays, welcome) = try await ChatClient.join(port, "session_key=1&history=0")
                let old = try #require(welcome.epoch)
                try await app.sql("select new_epoch()")
                let new = try await app.sql("select epoch from chat_epoch").joined()
                #expect(new != old)
                // The news takes a moment; asking again and again would never end if it did not come.
                var back: ChatFrame
                repeat {
                    let client: ChatClient
                    (client, back) = try await ChatClient.join(port, "session_key=1&after=3&epoch=\(old)")
                    try await client.leave()
                } while back.resumed == true
                #expect(back.reset == "epoch")
                #expect(back.epoch == new)
                // What it was shown may not be the past any more: it must come back and start over.
                #expect(try await stays.farewell().code == 1012)
            }
        }

        @Test(arguments: ["history=-1", "history=x", "after=x", "after=-1", "epoch=e", "history=1&history=2"])
        func badValuesAreRefused(query: String) async throws {
            try await withApp { app in
                await #expect(throws: ChatClient.Refused(status: 400)) {
                    _ = try await ChatClient.connect(await app.wsPort, "session_key=1&" + query)
                }
            }
        }
    }
}

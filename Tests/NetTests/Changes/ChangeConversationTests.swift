internal import Net
internal import Rooms
internal import TestKit
internal import Testing

/// Changes of earlier messages over real sockets, for clients that asked for them and for others.
@Suite(.timeLimit(.minutes(1))) struct ChangeConversationTests {
    private let room = RoomID(0)

    private func frames(_ client: ScriptedClient, _ count: Int) async -> [String] {
        var texts: [String] = []
        while texts.count < count, let frame = await client.frame() { texts.append(frame.json) }
        return texts
    }

    private func frame(_ client: ScriptedClient) async -> String { await client.frame()?.json ?? "" }

    /// What follows the time of a row, up to the people of a reaction.
    private func tails(_ texts: [String]) -> [String] {
        texts.map { text in
            let start = text.firstRange(of: #"Z","#)?.upperBound ?? text.startIndex
            let end = text.firstRange(of: #"true,"count""#)?.lowerBound
            return end.map { String(text[start..<$0]) + "true}" } ?? String(text[start...])
        }
    }

    private func login(
        _ server: TestServer, _ key: String, _ query: String = "", compressed: Bool = false
    ) async throws -> ScriptedClient {
        let headers = compressed ? ["Sec-WebSocket-Extensions: permessage-deflate"] : []
        let client = try await server.open("/?session_key=\(key)\(query)", headers: headers)
        #expect(await client.frame()?.json.hasPrefix(#"{"authenticated":true"#) == true)
        return client
    }

    /// One loop, so that clients of both views and with both encodings share what the loop has framed.
    @Test(arguments: [1, 2])
    func bothViewsSeeTheirPartOfTheSameOrder(loopCount: Int) async throws {
        var limits = NetLimits.test
        limits.compressBytesMin = 1
        try await TestServer.run(limits: limits, loopCount: loopCount) { server in
            var askers: [ScriptedClient] = []
            var others: [ScriptedClient] = []
            for isCompressed in [false, true, true, false] {
                askers.append(try await login(server, "bob", "&events=changes", compressed: isCompressed))
                others.append(try await login(server, "bob", compressed: isCompressed))
            }
            let alice = try await login(server, "alice", "&events=changes")
            try await alice.send(.text(#"{"message":"one"}"#), .text(#"{"message":"two","reply_to":null}"#))
            #expect(await frames(alice, 2).count == 2)
            for command in [
                #"{"edit":1,"message":"uno","id":"e"}"#, #"{"react":1,"emoji":"👍"}"#, #"{"delete":2,"id":"d"}"#,
                #"{"react":1,"emoji":"👍","on":false}"#, #"{"message":"three","reply_to":1}"#,
            ] {
                try await alice.send(.text(command))
                #expect(await frames(alice, 1).count == 1)
            }
            for asker in askers {
                #expect(
                    tails(await frames(asker, 7)) == [
                        #""user":"Alice","message":"one"}"#, #""user":"Alice","message":"two"}"#,
                        #""user":"Alice","id":"e","edited":1,"message":"uno"}"#,
                        #""user":"Alice","reacted":1,"emoji":"👍","on":true}"#,
                        #""user":"Alice","id":"d","deleted":2}"#,
                        #""user":"Alice","reacted":1,"emoji":"👍","on":false,"count":0,"users":[]}"#,
                        #""user":"Alice","message":"three","reply_to":1}"#,
                    ])
            }
            for other in others {
                let seen = await frames(other, 3)
                #expect(seen.last?.hasPrefix(#"{"seq":7,"prev_seq":2,"time":"#) == true)
                #expect(
                    tails(seen) == [
                        #""user":"Alice","message":"one"}"#, #""user":"Alice","message":"two"}"#,
                        #""user":"Alice","message":"three","reply_to":1}"#,
                    ])
            }
        }
    }

    @Test(arguments: [false, true])
    func whoComesLaterSeesTheStateThatIs(isCompressed: Bool) async throws {
        var limits = NetLimits.test
        limits.compressBytesMin = 1
        try await TestServer.run(limits: limits) { server in
            server.store.elsewhere(["one", "secret", "three"], in: room)
            server.store.changeElsewhere(1, .edit(text: "another secret"), in: room)
            server.store.changeElsewhere(1, .edit(text: "uno"), in: room)
            server.store.changeElsewhere(2, .delete, in: room)
            server.store.changeElsewhere(3, .react(emoji: "👍", isOn: true), in: room)
            let messages = [
                #""user":"elsewhere","message":"uno","edited_seq":5,"changed_seq":5}"#,
                #""user":"elsewhere","deleted":true,"changed_seq":6}"#,
                #""user":"elsewhere","message":"three","changed_seq":7,"#
                    + #""reactions":{"👍":{"count":1,"users":["elsewhere"]}}}"#,
            ]
            let events = [
                #""user":"elsewhere","edited":1,"message":""}"#, #""user":"elsewhere","edited":1,"message":"uno"}"#,
                #""user":"elsewhere","deleted":2}"#, #""user":"elsewhere","reacted":3,"emoji":"👍","on":true}"#,
            ]
            let fresh = try await login(server, "alice", "&events=changes", compressed: isCompressed)
            #expect(tails(await frames(fresh, 7)) == messages + events)
            let resumed = try await login(server, "alice", "&events=changes&after=3", compressed: isCompressed)
            #expect(tails(await frames(resumed, 4)) == events)
            for query in ["", "&after=0"] {
                let plain = try await login(server, "bob", query, compressed: isCompressed)
                #expect(tails(await frames(plain, 2)) == [messages[0], messages[2]])
            }
            try await fresh.send(.text(#"{"history":{}}"#))
            let older = await frame(fresh)
            #expect(older.contains(#""deleted":true"#) && older.contains(#""reactions""#))
            #expect(!older.contains("secret") && !older.contains(#""edited":"#))
            let plain = try await login(server, "bob", "&history=0", compressed: isCompressed)
            try await plain.send(.text(#"{"history":{"limit":2}}"#))
            let both = await frame(plain)
            #expect(both.contains(#"{"seq":1,"#) && both.contains(#"{"seq":3,"#) && !both.contains("deleted"))
        }
    }

    /// The sender of a change is answered by its event, also if it did not ask for events, and again when it repeats it.
    @Test func senderIsAnsweredByTheEvent() async throws {
        try await TestServer.run { server in
            let plain = try await login(server, "alice")
            let asker = try await login(server, "alice", "&events=changes")
            try await plain.send(.text(#"{"message":"one","id":"m"}"#))
            let message = await frames(plain, 1)
            #expect(await frames(asker, 1) == message)
            for command in [#"{"edit":1,"message":"uno","id":"e"}"#, #"{"delete":1,"id":"d"}"#] {
                try await plain.send(.text(command))
                let event = await frames(plain, 1)
                #expect(await frames(asker, 1) == event)
                // Both say it again: both receive it again, and nothing else.
                for client in [plain, asker] {
                    try await client.send(.text(command))
                    #expect(await frames(client, 1) == event)
                }
            }
            // The text is gone for who repeats the message, too.
            for client in [plain, asker] {
                try await client.send(.text(#"{"message":"one","id":"m"}"#))
                #expect(tails(await frames(client, 1)) == [#""user":"Alice","deleted":true,"id":"m","changed_seq":3}"#])
            }
            #expect(server.store.rows(room).count == 3)
        }
    }

    @Test func aRepeatedReactionAndAnUnknownTargetAreAnswered() async throws {
        try await TestServer.run { server in
            let alice = try await login(server, "alice")
            try await alice.say("one")
            #expect(await frames(alice, 1).count == 1)
            try await alice.send(.text(#"{"react":1,"emoji":"👍","on":false,"id":"r"}"#))
            #expect(await frames(alice, 1) == [#"{"done":"react","id":"r"}"#])
            try await alice.send(.text(#"{"delete":9,"id":"d"}"#))
            let error = await frame(alice)
            #expect(error.hasPrefix(#"{"error":{"code":"not_found","#) && error.hasSuffix(#""id":"d"}}"#))
            #expect(server.store.rows(room).count == 1)
        }
    }

    @Test(arguments: [
        (#""edit":1,"message":"uno""#, "edit"), (#""delete":1"#, "delete"), (#""react":1,"emoji":"x""#, "react"),
    ])
    func readersChangeNothing(command: String, name: String) async throws {
        try await TestServer.run { server in
            server.sessions.insert("rita", "Rita", role: .reader)
            server.store.elsewhere(["one"], in: room)
            let rita = try await login(server, "rita", "&history=0&events=changes")
            try await rita.send(.text(#"{\#(command),"id":"\#(name)"}"#))
            let error = await frame(rita)
            #expect(error.hasPrefix(#"{"error":{"code":"read_only","#) && error.hasSuffix(#""id":"\#(name)"}}"#))
            #expect(server.store.changeBatches.isEmpty)
        }
    }

    @Test func messagesAndChangesShareOneRate() async throws {
        var limits = NetLimits.test
        (limits.messagesPerSecond, limits.messagesBurst) = (0.001, 4)
        try await TestServer.run(limits: limits) { server in
            let alice = try await login(server, "alice")
            try await alice.say("one")
            #expect(await frames(alice, 1).count == 1)
            for command in [#"{"react":1,"emoji":"x"}"#, #"{"edit":1,"message":"b"}"#, #"{"delete":1}"#] {
                try await alice.send(.text(command))
                #expect(await frame(alice).hasPrefix(#"{"seq":"#))
            }
            for command in [#"{"react":1,"emoji":"y","id":"r"}"#, #"{"message":"two","id":"r"}"#] {
                try await alice.send(.text(command))
                let error = await frame(alice)
                #expect(error.contains(#""code":"rate_limited""#) && error.contains(#""retry_after_ms":"#))
                #expect(error.hasSuffix(#""id":"r"}}"#))
            }
        }
    }

    @Test(arguments: [
        (#"{"message":"x","reply_to":2,"id":"i"}"#, "bad_message"),
        (#"{"message":"x","reply_to":0,"id":"i"}"#, "bad_message"),
        (#"{"message":"x","reply_to":"1","id":"i"}"#, "bad_message"),
        (#"{"edit":1,"message":"","id":"i"}"#, "bad_message"),
        (#"{"edit":1,"id":"i"}"#, "bad_message"), (#"{"edit":1,"message":"a\u0000","id":"i"}"#, "bad_message"),
        (#"{"delete":"1","id":"i"}"#, "bad_message"), (#"{"delete":1.5,"id":"i"}"#, "bad_message"),
        (#"{"react":1,"id":"i"}"#, "bad_message"), (#"{"react":1,"emoji":"","id":"i"}"#, "bad_message"),
        (#"{"react":1,"emoji":"x","on":1,"id":"i"}"#, "bad_message"),
        (#"{"react":1,"emoji":"LONG","id":"i"}"#, "bad_message"),
    ])
    func whatIsMalformedIsSaidWithItsID(command: String, code: String) async throws {
        try await TestServer.run { server in
            server.store.elsewhere(["one"], in: room)
            let alice = try await login(server, "alice", "&history=0")
            try await alice.send(.text(command.replacing("LONG", with: String(repeating: "x", count: 65))))
            let error = await frame(alice)
            #expect(error.hasPrefix(#"{"error":{"code":"\#(code)","#) && error.hasSuffix(#""id":"i"}}"#))
            #expect(server.store.rows(room).count == 1)
        }
    }

    @Test func anIDThatIsTooLongIsRefused() async throws {
        try await TestServer.run { server in
            server.store.elsewhere(["one"], in: room)
            let alice = try await login(server, "alice", "&history=0")
            let id = String(repeating: "é", count: 65)
            for command in [#""delete":1"#, #""react":1,"emoji":"x""#, #""edit":1,"message":"x""#] {
                try await alice.send(.text(#"{\#(command),"id":"\#(id)"}"#))
                #expect(await frame(alice).hasPrefix(#"{"error":{"code":"too_long","#))
            }
            try await alice.send(.text(#"{"delete":1,"id":"\#(id.dropLast())"}"#))
            #expect(await frame(alice).contains(#""deleted":1"#))
        }
    }

    /// nodejschat's page sends its key with every message; a change beside the first key is carried out after the login.
    @Test func theFirstFrameMayHoldKeyAndChange() async throws {
        try await TestServer.run { server in
            server.store.elsewhere(["one"], in: room)
            let alice = try await server.open("/?history=0")
            try await alice.send(
                .text(#"{"session_key":"alice","react":1,"emoji":"x","id":"r"}"#),
                .text(#"{"session_key":"alice","edit":1,"message":"uno"}"#))
            #expect(await frame(alice).hasPrefix(#"{"authenticated":true"#))
            #expect(
                tails(await frames(alice, 2)) == [
                    #""user":"Alice","id":"r","reacted":1,"emoji":"x","on":true}"#,
                    #""user":"Alice","edited":1,"message":"uno"}"#,
                ])
        }
    }

    /// The window of edits is a setting that changes live, also for clients that are connected.
    @Test func storeIsToldTheWindowAndTheRole() async throws {
        var limits = NetLimits.test
        limits.editWindowSeconds = 5
        try await TestServer.run(limits: limits) { server in
            server.store.elsewhere(["one", "two"], in: room)
            server.sessions.insert("maud", "Maud", role: .moderator)
            let alice = try await login(server, "alice", "&history=0")
            let maud = try await login(server, "maud", "&history=0")
            try await alice.send(.text(#"{"edit":1,"message":"a"}"#))
            #expect(await frames(alice, 1).count == 1)
            limits.editWindowSeconds = nil
            server.chat.setLimits(limits)
            try await maud.send(.text(#"{"delete":2}"#))
            #expect(await frames(maud, 1).count == 1)
            let drafts = server.store.changeBatches.flatMap(\.requests).map(\.draft)
            #expect(drafts.map(\.editWindowSeconds) == [5, nil])
            #expect(drafts.map(\.isModerator) == [false, true])
            #expect(drafts.map(\.user) == ["Alice", "Maud"])
        }
    }

    @Test func aDatabaseThatIsAwayLosesNoChange() async throws {
        try await TestServer.run { server in
            server.store.elsewhere(["one"], in: room)
            let alice = try await login(server, "alice", "&history=0&events=changes")
            server.store.script([.brokenAfter, .brokenBefore])
            try await alice.send(.text(#"{"edit":1,"message":"uno","id":"e"}"#))
            #expect(await frame(alice).contains(#""edited":1,"message":"uno""#))
            try await alice.send(.text(#"{"react":1,"emoji":"x"}"#))
            #expect(await frame(alice).hasPrefix(#"{"seq":3,"#))
        }
    }
}

extension ServerFrame {
    /// The payload as text, inflated if it is compressed.
    fileprivate var json: String { first == 0xC1 ? inflatedText ?? "" : text }
}

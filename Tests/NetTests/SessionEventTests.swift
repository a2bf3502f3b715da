internal import Net
internal import Rooms
internal import TestKit
internal import Testing

/// What a client with `events=session` is told of its own session.
@Suite(.timeLimit(.minutes(1))) struct SessionEventTests {
    private func changed(_ server: TestServer) async {
        await server.node.received(.sessionChanged(fingerprint: "fingerprint of alice"))
    }

    @Test func welcomeHasTheLimitOfAMessage() async throws {
        var limits = NetLimits.test
        limits.messageBytesMax = 1234
        try await TestServer.run(limits: limits) { server in
            let asking = try await server.open("/?session_key=alice&events=session,typing")
            #expect(
                await asking.frame()?.text.hasSuffix(#""last_seq":0,"message_bytes_max":1234,"resumed":false}"#) == true
            )
            for query in ["", "&events=changes,presence,typing,read"] {
                let other = try await server.open("/?session_key=alice" + query)
                #expect(await other.frame()?.text.hasSuffix(#""last_seq":0,"resumed":false}"#) == true)
            }
        }
    }

    @Test func newNameRoleAndExpiryAreTold() async throws {
        try await TestServer.run { server in
            let asking = try await server.login("alice", "&events=session")
            let plain = try await server.login("alice")
            server.sessions.insert("alice", "Ali\"cia")
            await changed(server)
            #expect(await asking.frame()?.text == #"{"session":{"user":"Ali\"cia","role":"member"}}"#)
            try await asking.say("renamed")
            for client in [asking, plain] {
                #expect(await client.frame()?.text.contains(#""user":"Ali\"cia","message":"renamed""#) == true)
            }
            // Nothing has changed.
            await changed(server)
            let later = Timestamp(microseconds: 4_000_000_000_000_000)
            server.sessions.insert("alice", "Ali\"cia", expiresAt: later)
            await changed(server)
            #expect(await asking.frame()?.text == #"{"session":{"user":"Ali\"cia","role":"member"}}"#)
            server.sessions.insert("alice", "Ali\"cia", role: .reader, expiresAt: later)
            await changed(server)
            #expect(await asking.frame()?.text == #"{"session":{"user":"Ali\"cia","role":"reader"}}"#)
            try await plain.send(.ping("next"))
            #expect(await plain.frame() == ServerFrame(first: 0x8A, payload: Array("next".utf8)))
        }
    }

    @Test func changedRoomClosesInstead() async throws {
        try await TestServer.run { server in
            let alice = try await server.login("alice", "&events=session")
            server.sessions.insert("alice", "Alicia", room: 7)
            await changed(server)
            let frame = await alice.frame()
            #expect(frame?.closeCode == 1012)
            #expect(frame?.closeReason == "retry_ms=0")
        }
    }

    /// A client that does not read is told the newest only, when it has read what is queued.
    @Test func slowReaderIsToldTheNewest() async throws {
        var limits = NetLimits.test
        limits.sendQueueBytesMax = 1 << 16
        (limits.messagesPerSecond, limits.sessionMessagesPerSecond) = (nil, nil)
        try await TestServer.run(limits: limits) { server in
            let alice = try await server.open("/?session_key=alice&events=session", receiveBufferBytes: 4096)
            #expect(await alice.frame()?.text.hasPrefix(#"{"authenticated":true"#) == true)
            try await alice.reading(false)
            let bob = try await server.login("bob")
            let text = String(repeating: "x", count: 60_000)
            for number in 1...100 {
                if number > 50 { server.sessions.insert("alice", "Alice \(number)") }
                if number > 50 { await changed(server) }
                try await bob.say(text)
                var seen = await bob.frame()?.seq
                while seen != Int64(number), seen != nil { seen = await bob.frame()?.seq }
            }
            try await alice.reading(true)
            var told: [String] = []
            var count = 0
            while count < 100 || told.last?.contains("Alice 100") != true {
                let frame = try #require(await alice.frame())
                if frame.seq != nil { count += 1 } else { told.append(frame.text) }
            }
            #expect(count == 100)
            #expect(told.count < 50)
        }
    }
}

import Glibc
import Net
import TestKit
import Testing

@Suite struct InheritedSocketTests {
    private func bind(_ server: TestServer, host: String = "127.0.0.1", inheriting descriptor: CInt) async throws
        -> Listener
    {
        try await server.chat.bind(
            ListenAddress(host: host, port: 0, inherited: descriptor), tls: nil, pages: nil)
    }

    @Test func clientsWaitForTheNextListenerOfTheSocket() async throws {
        try await TestServer.run { server in
            let left = try await server.listener.duplicate()
            await server.listener.close()
            let waiting = try await server.connect()
            try await waiting.send(TestServer.request("/?session_key=bob"))
            let next = try await bind(server, inheriting: left)
            #expect(next.port == server.port)
            try await next.accept()
            #expect(await waiting.responseHead().hasPrefix("HTTP/1.1 101 "))
            #expect(await waiting.frame()?.text.contains(#""authenticated":true"#) == true)
            await next.close()
        }
    }

    @Test func nobodyIsLostWhileTheSocketChangesHands() async throws {
        try await TestServer.run { server in
            var listener = server.listener
            for _ in 1...40 {
                try await withThrowingTaskGroup(of: Void.self) { clients in
                    for _ in 1...20 {
                        clients.addTask {
                            let client = try await server.open("/?session_key=bob")
                            #expect(await client.frame()?.text.contains(#""authenticated":true"#) == true)
                        }
                    }
                    let left = try await listener.duplicate()
                    await listener.close()
                    listener = try await bind(server, inheriting: left)
                    try await listener.accept()
                    try await clients.waitForAll()
                }
            }
            await listener.close()
        }
    }

    @Test func socketOfAnotherAddressIsClosedAndANewOneMade() async throws {
        try await TestServer.run { server in
            let left = try await server.listener.duplicate()
            await server.listener.close()
            let next = try await bind(server, host: "127.0.0.2", inheriting: left)
            #expect(next.port > 0)
            // Nobody listens there any more.
            await #expect(throws: (any Error).self) { _ = try await server.connect() }
            await next.close()
        }
    }

    @Test func descriptorThatDoesNotListenIsClosedAndASocketMade() async throws {
        try await TestServer.run { server in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let next = try await bind(server, inheriting: descriptor)
            #expect(next.port != server.port && next.port > 0)
            await next.close()
        }
    }
}

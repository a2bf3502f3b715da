import TestKit
import Testing

extension BlackBox {
    /// The clients that come with nodejschat 0.1.0, by the frames that they send.
    @Suite struct Nodejschat {
        @Test func itsPageSendsTheKeyWithEveryMessage() async throws {
            try await withApp { app in
                let page = try await ChatClient.connect(await app.wsPort, "")
                page.send(#"{"session_key":"1"}"#)
                #expect(try await page.next().user == "Michael Redman")
                for text in ["hello", "I said \\\"hello\\\""] {
                    page.send(#"{"session_key":"1","message":"\#(text)"}"#)
                }
                #expect(try await page.next(2).map(\.message) == ["hello", #"I said "hello""#])
                // Another page says something with its first frame.
                let other = try await ChatClient.connect(await app.wsPort, "")
                other.send(#"{"session_key":"1","message":"first"}"#)
                let frames = try await other.frames { $0.message == "first" }
                #expect(frames.first?.user == "Michael Redman")
                #expect(frames.map(\.message) == [nil, "hello", #"I said "hello""#, "first"])
            }
        }

        @Test func itsTestClientSendsNumbers() async throws {
            try await withApp { app in
                let client = try await ChatClient.connect(await app.wsPort, "")
                let numbers = ["0.5488135039273248", "7", "1e-7", "-0.5e3"]
                client.send(#"{"session_key":"1","message":\#(numbers[0])}"#)
                #expect(try await client.next().user == "Michael Redman")
                client.send(#"{"session_key":"1","message":\#(numbers[1])}"#)
                client.send(#"{"message":\#(numbers[2])}"#)
                client.send(#"{"message":\#(numbers[3]),"id":"a"}"#)
                #expect(try await client.next(4).map(\.message) == numbers)
                #expect(try await app.sql("select message from log order by seq") == numbers)
            }
        }

        @Test func framesThatComeWithTheKeyAreSaid() async throws {
            try await withApp { app in
                let client = try await ChatClient.connect(await app.wsPort, "")
                client.send(#"{"session_key":"1"}"#)
                for number in 1...10 { client.say("\(number)") }
                _ = try await client.next()
                #expect(try await client.next(10).map(\.message) == (1...10).map(String.init))
            }
        }
    }
}

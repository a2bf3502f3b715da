internal import Foundation
internal import NIOCore
internal import Net
internal import TestKit
internal import Testing

/// The numbered cases of `docs/conformance.md` against the echo, over real sockets.
@Suite struct ConformanceTests {
    /// One after another: some are hard work for the client, and other tests have deadlines.
    @Test(.serialized, .timeLimit(.minutes(2)), arguments: ConformanceGroup.all.flatMap(\.cases))
    func conforms(toCase conformanceCase: ConformanceCase) async throws {
        try await EchoFixture.run { try await take(conformanceCase, on: $0) }
    }

    /// The same by `App echo` itself, one case after another on one process.
    @Test(.timeLimit(.minutes(3))) func builtAppConformsToEveryCase() async throws {
        let app = try await AppProcess.echo(["--max-fragments", "65537"])
        let echo = EchoFixture(port: await app.wsPort)
        for conformanceCase in ConformanceGroup.all.flatMap(\.cases) {
            do { try await take(conformanceCase, on: echo) } catch {
                Issue.record("\(conformanceCase): \(error)")
            }
        }
        #expect(try await app.terminate() == 0)
    }

    private func take(_ conformanceCase: ConformanceCase, on echo: EchoFixture) async throws {
        let client = try await echo.open(
            headers: conformanceCase.offer.map { ["Sec-WebSocket-Extensions: \($0)"] } ?? [],
            accepted: conformanceCase.accepted)
        var steps = conformanceCase.steps()
        if case .end? = steps.last {} else { steps += [.send(.close(1000)), .close(1000), .end] }
        for step in steps { try await take(step, client) }
        await client.close()
    }

    private func take(_ step: ConformanceCase.Step, _ client: ScriptedClient) async throws {
        switch step {
        case .send(let frames): client.queue(frames.flatMap(\.bytes))
        case .chop(let frames, let size): try await chop(frames.flatMap(\.bytes), size, client)
        case .cut(let frame, let count): client.queue(Array(frame.bytes.prefix(count)))
        case .expect(let expected):
            let frame = await client.frame()
            #expect(frame?.first == expected.first)
            // Not compared by the macro, which would print megabytes.
            let isEqual = frame?.payload == expected.payload
            #expect(isEqual, "\(frame?.payload.count ?? -1) bytes for \(expected.payload.count)")
        case .inflated(let expected):
            let frame = await client.frame()
            #expect(frame?.first == expected.first | 0x40)
            let isEqual = frame?.inflated == expected.payload
            #expect(isEqual, "\(frame?.payload.count ?? -1) bytes for \(expected.payload.count)")
        case .close(let code):
            let frame = await client.frame()
            #expect(frame?.first == 0x88)
            #expect(frame?.closeCode == code)
        case .end: #expect(await client.frame() == nil)
        }
    }

    /// A server that has failed the connection may end it before all is sent.
    private func chop(_ bytes: [UInt8], _ size: Int, _ client: ScriptedClient) async throws {
        for start in stride(from: 0, to: bytes.count, by: size) {
            do { try await client.send(Array(bytes[start..<min(start + size, bytes.count)])) } catch { return }
        }
    }

    /// `ROOMCAST_WRITE_DOCS=1` writes the page anew.
    @Test func thePageListsTheseCases() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/conformance.md")
        if ProcessInfo.processInfo.environment["ROOMCAST_WRITE_DOCS"] != nil {
            try Data(ConformanceGroup.page.utf8).write(to: page)
        }
        let written = try String(contentsOf: page, encoding: .utf8)
        #expect(written.split(separator: "\n") == ConformanceGroup.page.split(separator: "\n"))
    }
}

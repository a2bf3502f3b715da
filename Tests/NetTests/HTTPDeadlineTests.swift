import NIOCore
import NIOEmbedded
import Testing

@testable import Net

/// How a connection ends that does not get on, and how a listener bounds and drains its connections.
@Suite struct HTTPDeadlineTests {
    private func fixture(_ limits: HTTPLimits = HTTPLimits()) throws -> HTTPFixture {
        var routes = HTTPRoutes()
        routes.get("/a") { _ in .text("A") }
        return try HTTPFixture(routes, limits: limits)
    }

    @Test func silentConnectionIsClosed() throws {
        let http = try fixture()
        http.channel.embeddedEventLoop.advanceTime(by: .seconds(4))
        #expect(http.channel.isActive)
        http.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!http.channel.isActive)
    }

    @Test func oneByteGivesTheRestOfTheHeadItsTime() throws {
        let http = try fixture()
        http.channel.embeddedEventLoop.advanceTime(by: .seconds(4))
        try http.send("G")
        http.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(http.channel.isActive)
        http.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!http.channel.isActive)
    }

    @Test func theAnswerToAFirstRequestHasItsOwnTime() throws {
        let http = try fixture()
        #expect(try http.get("/a").hasSuffix("\n\nA"))
        http.channel.embeddedEventLoop.advanceTime(by: .seconds(14))
        #expect(http.channel.isActive)
        http.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!http.channel.isActive)
    }

    @Test func trickledHeadHasNoMoreTimeThanAnyOther() throws {
        let http = try fixture()
        try http.send("GET /a HTTP/1.1\nHost: x\n")
        for _ in 0..<16 {
            try http.send("X: y\n")
            http.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        }
        #expect(!http.channel.isActive)
    }

    @Test func eachRequestGivesTheNextItsTime() throws {
        let http = try fixture()
        for _ in 0..<5 {
            #expect(try http.get("/a").hasSuffix("\n\nA"))
            http.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        }
        #expect(http.channel.isActive)
        http.channel.embeddedEventLoop.advanceTime(by: .seconds(17))
        #expect(!http.channel.isActive)
    }

    @Test func clientThatAsksOnWithoutReadingIsClosed() throws {
        let http = try fixture()
        http.channel.isWritable = false
        #expect(try http.get("/a") == "")
        #expect(!http.channel.isActive)
    }

    @Test func connectionsBeyondTheMaximumAreRefused() throws {
        var limits = HTTPLimits()
        limits.connectionsMax = 1
        let http = try fixture(limits)
        #expect(http.pipeline.connections == 1)
        let second = EmbeddedChannel()
        #expect(throws: HTTPPipelineError.tooManyConnections) { try http.pipeline.configure(second) }
        try http.channel.close().wait()
        http.channel.embeddedEventLoop.run()
        #expect(http.pipeline.connections == 0)
        let third = EmbeddedChannel()
        try http.pipeline.configure(third)
        _ = try? third.finish()
        _ = try? second.finish()
    }

    @Test func socketThatTurnsToSomethingElseIsLeftAlone() throws {
        let pipeline = HTTPPipeline(routes: HTTPRoutes())
        let channel = EmbeddedChannel()
        let answering = pipeline.answering()
        try channel.pipeline.syncOperations.addHandlers(answering)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/test")).wait()
        #expect(pipeline.connections == 0)
        for handler in answering { try channel.pipeline.syncOperations.removeHandler(handler).wait() }
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(channel.isActive)
        #expect(pipeline.connections == 0)
        _ = try channel.finish()
    }
}

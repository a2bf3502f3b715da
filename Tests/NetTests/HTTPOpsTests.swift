import Testing

@testable import Net

/// The endpoints for operators.
@Suite struct HTTPOpsTests {
    private func fixture(_ readiness: OpsRoutes.Readiness) throws -> HTTPFixture {
        try HTTPFixture(OpsRoutes(readiness: { readiness }, metrics: { "chat_connections 3\n" }).routes)
    }

    @Test func liveIsAlwaysYes() throws {
        let reply = try fixture(.notReady("database")).get("/health/live")
        #expect(reply.hasPrefix("HTTP/1.1 200 "))
        #expect(reply.hasSuffix("{\"status\":\"live\"}\n"))
    }

    @Test func readyTellsWhyNot() throws {
        #expect(try fixture(.ready).get("/health/ready").hasPrefix("HTTP/1.1 200 "))
        let reply = try fixture(.notReady("database")).get("/health/ready")
        #expect(reply.hasPrefix("HTTP/1.1 503 "))
        #expect(reply.hasSuffix("{\"status\":\"not_ready\",\"reason\":\"database\"}\n"))
    }

    @Test func metricsAreText() throws {
        let reply = try fixture(.ready).get("/metrics")
        #expect(reply.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\n"))
        #expect(reply.hasSuffix("\n\nchat_connections 3\n"))
    }

    @Test func chatIsNotServedHere() throws {
        #expect(try fixture(.ready).get("/chat").hasPrefix("HTTP/1.1 404 "))
    }
}

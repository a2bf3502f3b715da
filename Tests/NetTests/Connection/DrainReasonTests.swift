import NIOCore
import Testing

@testable import Net

@Suite struct DrainReasonTests {
    private func draws(_ reason: DrainReason) throws -> [Int] {
        try (0..<2000).map { _ in
            try #require(Int(reason.text.dropFirst("retry_ms=".count)))
        }
    }

    @Test(arguments: [(0, 2000), (1, 2000), (2000, 2000), (15_000, 15_000)])
    func clientsComeBackSpreadOverTheTimeThatTheirNumberNeeds(connections: Int, max: Int) throws {
        let stop = DrainReason.stop(connections: connections)
        let restart = DrainReason.restart(connections: connections, loginGrace: .seconds(1))
        #expect([stop.code, restart.code] == [.goingAway, .restart])
        for reason in [stop, restart] {
            let draws = try draws(reason)
            #expect(draws.allSatisfy { (200...max).contains($0) })
            // Each third of the time gets its share: of 2000 draws, far more than 400 but for a chance of 1e-60.
            let third = (max - 200) / 3
            for part in 0..<3 {
                #expect(draws.count { $0 - 200 >= part * third && $0 - 200 <= (part + 1) * third } > 400)
            }
        }
    }
}

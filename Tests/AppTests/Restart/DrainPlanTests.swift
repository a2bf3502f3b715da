import Net
import Testing

@testable import App

@Suite struct DrainPlanTests {
    @Test func fewClientsAreSentAwayQuicklyAndManyOverHalfOfTheTime() {
        func spread(_ connections: Int) -> Duration {
            DrainPlan(connections: connections, timeout: .seconds(10), hasSuccessor: false).spread
        }
        #expect(spread(0) == .zero)
        #expect(spread(100) == .milliseconds(200))
        #expect(spread(15_000) == .seconds(5))
    }

    @Test(arguments: [(10.0, 1.0), (2.0, 0.4), (0.0, 0.0)])
    func onlyARestartSparesThoseWhoAreLoggingIn(timeout: Double, grace: Double) {
        let restart = DrainPlan(connections: 20_000, timeout: .seconds(timeout), hasSuccessor: true)
        #expect(restart.loginGrace == .seconds(grace))
        #expect(restart.reason.code == .restart)
        #expect(restart.spread + restart.loginGrace <= .seconds(timeout) * 0.7)
        let stop = DrainPlan(connections: 20_000, timeout: .seconds(timeout), hasSuccessor: false)
        #expect(stop.loginGrace == .zero)
        #expect(stop.reason.code == .goingAway)
    }
}

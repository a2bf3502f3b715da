import Net
import Testing

@testable import Configuration
@testable import ProcessControl

@Suite struct DescriptorPlanTests {
    private func plan(loops: Int = 2, _ edit: (inout SiteConf) -> Void = { _ in }) -> DescriptorPlan {
        var conf = SiteConf()
        edit(&conf)
        return DescriptorPlan(conf, loops: loops)
    }

    @Test func enoughIsMoreThanTwiceTheClients() {
        let plan = plan()
        let shares = plan.shares(of: plan.wanted)
        #expect(shares == DescriptorShares(clients: 30_000, pages: 1088))
        #expect(plan.shares(of: .max) == shares)
    }

    @Test(arguments: [100, 256, 1024, 4096, 16_384, 65_536]) func neverGivesAwayWhatIsKept(limit: Int) {
        let plan = plan()
        let shares = plan.shares(of: limit)
        #expect(shares.clients + 2 * shares.pages + plan.kept <= limit)
        #expect(shares.clients > shares.pages)
    }

    @Test func everybodyGetsSomethingOfNothing() {
        #expect(plan().shares(of: 0) == DescriptorShares(clients: 1, pages: 4))
    }

    @Test func keepsMoreForMoreConnectionsToTheDatabaseAndMoreLoops() {
        #expect(plan { $0.databasePoolSize = 14 }.kept == plan().kept + 20)
        #expect(plan(loops: 12).kept == plan().kept + 40)
    }

    @Test func countsTheListenersOfPages() {
        #expect(plan().pageListeners == 2)
        #expect(plan { $0.opsServer = nil }.pageListeners == 1)
        #expect(plan { $0.htmlServer?.address = $0.wsServer.address }.pageListeners == 1)
        #expect(plan { $0.opsServer?.address = $0.htmlServer?.address ?? $0.wsServer.address }.pageListeners == 1)
    }

    @Test func isBoundedWithoutConnectionsMax() {
        let plan = plan { $0.netLimits.connectionsMax = nil }
        #expect(plan.shares(of: .max).clients == DescriptorPlan.socketsMax)
    }
}

import CoreMetrics
import Dispatch
import Glibc
import MetricsTestKit
import Synchronization
import TestKit
import Testing

@testable import DB

@Suite(.timeLimit(.minutes(1)))
struct HostResolverTests {
    private let metrics = TestMetrics()

    private func resolver(_ lookup: @escaping HostResolver.Lookup) -> HostResolver {
        HostResolver(lookup: lookup, factory: metrics)
    }

    @Test func aNameThatHangsStopsNoOtherConnection() async throws {
        let hanging = DispatchSemaphore(value: 0)
        let asked = Gate()
        asked.close()
        let resolver = resolver { _ in
            hanging.wait()
            return .failed("late")
        }
        let url = try await PostgresFixture.shared.emptyDatabase()
        let healthy = try await PostgresConnection.open(ConnectionOptions(url: url, applicationName: "test"))
        let lost = try ConnectionOptions(url: "host=hangs.example", applicationName: "test")
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await asked.pass()
                await #expect(throws: PostgresError.self) {
                    _ = try await PostgresConnection.open(lost, resolver: resolver)
                }
            }
            asked.open()
            group.addTask {
                for _ in 0..<100 { await #expect(throws: Never.self) { _ = try await healthy.run(.ping) } }
                hanging.signal()
            }
        }
    }

    @Test func aNameThatHangsIsGivenUpAndCounted() async throws {
        let hanging = DispatchSemaphore(value: 0)
        let resolver = resolver { name in
            if name == "hangs.example" { hanging.wait() }
            return .addresses(["192.0.2.1"])
        }
        let options = try ConnectionOptions(url: "host=hangs.example,db.example port=1,2", applicationName: "test")
        // The other host is tried meanwhile.
        let resolved = try await resolver.resolved(options, within: .milliseconds(50))
        #expect(resolved.settings["host"] == "db.example")
        #expect(resolved.settings["hostaddr"] == "192.0.2.1")
        #expect(resolved.settings["port"] == "2")
        #expect(try metrics.expectCounter("roomcast_db_host_lookups_late_total").totalValue == 1)
        let alone = try ConnectionOptions(url: "host=hangs.example", applicationName: "test")
        await #expect(
            throws: PostgresError.connectionLost(
                "the host name \"hangs.example\" could not be resolved: no answer within 20 ms")
        ) { _ = try await resolver.resolved(alone, within: .milliseconds(20)) }
        hanging.signal()
    }

    @Test func asManyAsMayWaitAndNoMore() async throws {
        let hanging = DispatchSemaphore(value: 0)
        let resolver = resolver { _ in
            hanging.wait()
            return .failed("no")
        }
        let refused = try metrics.expectCounter("roomcast_db_host_lookups_refused_total")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0...DBLimits.resolverWaitersMax {
                group.addTask { _ = await resolver.look(up: "hangs.example", within: .seconds(30)) }
            }
            while refused.totalValue == 0 { await Task.yield() }
            #expect(refused.totalValue == 1)
            hanging.signal()
        }
    }

    @Test func eachAttemptBeginsWithAnotherHostAndThenWithAnotherAddress() async throws {
        let resolver = resolver { .addresses(["\($0).1", "\($0).2"]) }
        let options = try ConnectionOptions(url: "host=a,b", applicationName: "test")
        var first: [String?] = []
        for attempt in 0..<5 {
            let resolved = try await resolver.resolved(options.rotated(by: attempt), within: .seconds(30))
            first.append(resolved.settings["hostaddr"]?.split(separator: ",").first.map(String.init))
        }
        #expect(first == ["a.1", "b.1", "a.2", "b.2", "a.1"])
    }

    /// An empty element of `hostaddr` is taken for none: the directory of the socket is the second host.
    @Test func libpqTakesListsInWhichSomeAddressesAreEmpty() async throws {
        let resolver = resolver { _ in .addresses(["127.0.0.1"]) }
        let url = try await PostgresFixture.shared.emptyDatabase()
        let socket = try #require(url.firstMatch(of: /host='([^']+)' port=([0-9]+)/))
        // Port 1 refuses connections (RFC 1078).
        let both = url.replacing(socket.0, with: "host='db.example,\(socket.1)' port=1,\(socket.2)")
        let options = try ConnectionOptions(url: both, applicationName: "test")
        let connection = try await PostgresConnection.open(options, resolver: resolver)
        _ = try await connection.run(.ping)
        await connection.close()
    }

    @Test func connectsByTheAddressOfAName() async throws {
        let proxy = try await FaultProxy.start(before: PostgresFixture.shared.emptyDatabase())
        let resolver = resolver { $0 == "db.example" ? .addresses(["::1", "127.0.0.1"]) : .failed("unknown") }
        let url = proxy.url.replacing("host=127.0.0.1", with: "host=db.example")
        let options = try ConnectionOptions(url: url, applicationName: "test")
        let connection = try await PostgresConnection.open(options, resolver: resolver)
        _ = try await connection.run(.ping)
        await connection.close()
        try await proxy.stop()
    }

    @Test func nothingIsAskedForAddressesAndSockets() async throws {
        let resolver = resolver { .failed("asked for \($0)") }
        for url in ["host=/run", "host=127.0.0.1,::1", "host=db.example hostaddr=10.0.0.1", "hostaddr=10.0.0.1", ""] {
            let options = try ConnectionOptions(url: url, applicationName: "test")
            #expect(try await resolver.resolved(options, within: .seconds(30)) == options)
        }
    }

    @Test func theSystemKnowsThisMachineAndNoNameThatCannotBe() {
        guard case .addresses(let addresses) = HostLookup.system("localhost") else {
            Issue.record("localhost has no address")
            return
        }
        #expect(Set(addresses).isSubset(of: ["127.0.0.1", "::1"]))
        guard case .failed(let reason) = HostLookup.system("-.invalid..") else {
            Issue.record("an impossible name has an address")
            return
        }
        #expect(!reason.isEmpty)
    }
}

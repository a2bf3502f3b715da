import Logging
import Net
import Testing

@testable import App

@Suite struct SiteConfChangeTests {
    private func change(_ edit: (inout SiteConf) -> Void) -> SiteConfChange {
        var new = SiteConf()
        edit(&new)
        return SiteConfChange(from: SiteConf(), to: new)
    }

    @Test func sameIsNoChange() {
        let none = change { _ in }
        #expect(none.live.isEmpty && none.needsRestart.isEmpty)
    }

    @Test func keysAreNamedByWhatTheyTake() {
        let change = change {
            $0.logLevel = .debug
            $0.limits.pingInterval = nil
            $0.limits.connectionsMax = 1
            $0.limits.connectionsPerAddressMax = 1
            $0.trustedProxies = ["::1"].compactMap { AddressBlock($0) }
            $0.htmlServer?.strictTransportSeconds = 1
            $0.opsServer = nil
        }
        #expect(
            change.live
                == ["trusted_proxies", "limits.connections_per_address_max", "limits.ping_interval_s", "log_level"])
        #expect(
            change.needsRestart
                == ["html_server.hsts_s", "ops_server.host", "ops_server.port", "limits.connections_max"])
    }

    @Test func otherFilesAreReadAndTLSInsteadOfNoneIsNot() {
        let (one, two) = (
            TLSConf(certificate: "1", privateKey: "1", chain: []), TLSConf(certificate: "2", privateKey: "2", chain: [])
        )
        #expect(change { $0.wsServer.tls = one }.needsRestart == ["ws_server.cert"])
        #expect(change { $0.htmlServer?.tls = one }.needsRestart == ["html_server.cert"])
        var (old, new) = (SiteConf(), SiteConf())
        (old.wsServer.tls, new.wsServer.tls) = (one, two)
        let files = SiteConfChange(from: old, to: new)
        #expect(files.live == ["ws_server.cert"])
        #expect(files.needsRestart.isEmpty)
    }
}

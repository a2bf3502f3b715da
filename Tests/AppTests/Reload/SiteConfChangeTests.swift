import Logging
import NIOCore
import Net
import Testing

@testable import App
@testable import Configuration

/// Which settings have changed, and which of them a running server can change.
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

    @Test func changedSettingsAreNamed() {
        let change = change {
            $0.logLevel = .debug
            $0.netLimits.pingInterval = nil
            $0.netLimits.connectionsMax = 1
            $0.netLimits.connectionsPerAddressMax = 1
            $0.trustedProxies = ["::1"].compactMap { AddressBlock($0) }
            $0.htmlServer?.strictTransportSeconds = 1
            $0.opsServer = nil
        }
        #expect(
            change.live.map(\.path)
                == ["trusted_proxies", "limits.connections_per_address_max", "limits.ping_interval_s", "log_level"])
        #expect(change.needsRestart.map(\.path) == ["ops_server", "html_server.hsts_s", "limits.connections_max"])
    }

    /// A setting is live only if `Reloader` passes it to the parts of the server: a new one is added here with that.
    @Test func liveSettingsAreThoseThatTheReloaderPassesOn() {
        let live = Settings.all.filter { $0.effect != .restart }.map(\.path)
        #expect(
            Set(live) == [
                "ws_server.cert", "ws_server.key", "ws_server.ca", "html_server.cert", "html_server.key",
                "html_server.ca", "allowed_origins", "trusted_proxies", "limits.edit_window_s",
                "limits.connections_per_address_max",
                "limits.handshake_timeout_s", "limits.ping_interval_s", "limits.ping_timeout_s",
                "limits.slow_timeout_s", "limits.messages_per_s", "limits.messages_burst",
                "limits.session_messages_per_s", "limits.session_messages_burst", "log_level",
            ])
    }

    @Test func liveSettingsAreCopiedAndTheOthersAreNot() {
        var (old, new) = (SiteConf(), SiteConf())
        (new.netLimits.pingInterval, new.netLimits.connectionsMax) = (.seconds(1), 1)
        for setting in SiteConfChange(from: old, to: new).live { setting.copy(&old, new) }
        #expect(old.netLimits.pingInterval == .seconds(1))
        #expect(old.netLimits.connectionsMax == SiteConf().netLimits.connectionsMax)
        #expect(SiteConfChange(from: old, to: new).live.isEmpty)
    }

    @Test func otherFilesAreReadAndTLSInsteadOfNoneIsNot() {
        let (one, two) = (
            TLSConf(certificate: "1", privateKey: "1", chain: []), TLSConf(certificate: "2", privateKey: "2", chain: [])
        )
        let wsFiles = ["ws_server.cert", "ws_server.key"]
        #expect(change { $0.wsServer.tls = one }.needsRestart.map(\.path) == wsFiles)
        #expect(
            change { $0.htmlServer?.tls = one }.needsRestart.map(\.path) == ["html_server.cert", "html_server.key"])
        var (old, new) = (SiteConf(), SiteConf())
        (old.wsServer.tls, new.wsServer.tls) = (one, two)
        let files = SiteConfChange(from: old, to: new)
        #expect(files.live.map(\.path) == wsFiles)
        #expect(files.needsRestart.isEmpty)
        new.wsServer.tls = TLSConf()
        #expect(SiteConfChange(from: old, to: new).needsRestart.map(\.path) == wsFiles)
    }
}

/// When a changed setting takes effect, and for whom.
package enum SettingEffect: String, Sendable {
    case restart = "needs a restart"
    case newConnections = "SIGHUP, for new connections"
    case newRequests = "SIGHUP, for new requests"
    case atOnce = "SIGHUP, at once"
}

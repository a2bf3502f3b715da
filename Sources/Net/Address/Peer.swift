internal import NIOCore

/// The other end of an accepted socket.
struct Peer {
    /// Its address; `unspecified` if it has gone already.
    let address: IPAddress
    /// Whether it is a trusted proxy, which may tell of another client.
    let isProxy: Bool

    /// Whom the channel has accepted.
    init(of channel: any Channel, _ proxies: TrustedProxies) {
        address = channel.remoteAddress.flatMap { IPAddress($0) } ?? .unspecified
        isProxy = proxies.contains(address)
    }
}

/// A trusted proxy has told, ahead of all bytes of the client, whose connection it passes on.
///
/// Goes down the pipeline as an inbound user event.
struct ProxiedClient {
    let address: IPAddress
}

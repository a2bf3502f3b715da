internal import NIOCore

/// The remote end of an accepted socket.
struct Peer {
    /// Its address; `unspecified` if it is not connected any more.
    let address: IPAddress
    /// Whether it is a trusted proxy, which may name another client.
    let isProxy: Bool

    /// Reads the peer of an accepted channel.
    init(of channel: any Channel, _ proxies: TrustedProxies) {
        address = IPAddress(peerOf: channel)
        isProxy = proxies.contains(address)
    }
}

/// The client address that a trusted proxy sent ahead of all bytes of the client.
///
/// Sent through the pipeline as an inbound user event.
struct ProxiedClient {
    let address: IPAddress
}

public import NIOSSL
internal import Synchronization

/// The TLS context that a listener uses for new clients; can be replaced while it listens. Established connections keep
/// theirs.
public final class TLSIdentity: Sendable {
    private let shown: Mutex<NIOSSLContext>

    /// An identity that uses this context until it is replaced.
    public init(_ context: NIOSSLContext) { shown = Mutex(context) }

    /// The context for the next client. From any isolation.
    public var context: NIOSSLContext { shown.withLock { $0 } }

    /// Sets another context for clients that connect from now on.
    public func show(_ context: NIOSSLContext) { shown.withLock { $0 = context } }
}

public import NIOSSL
internal import Synchronization

/// What a listener shows new TLS clients; can be replaced while it listens. Established clients keep theirs.
public final class TLSIdentity: Sendable {
    private let shown: Mutex<NIOSSLContext>

    /// An identity that shows this context until it is replaced.
    public init(_ context: NIOSSLContext) { shown = Mutex(context) }

    /// What the next client is shown. From any isolation.
    public var context: NIOSSLContext { shown.withLock { $0 } }

    /// Shows every client that connects from now on another context.
    public func show(_ context: NIOSSLContext) { shown.withLock { $0 = context } }
}

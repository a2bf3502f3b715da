package import NIOSSL
internal import Synchronization

/// The TLS context that a listener uses for new clients; can be replaced while it listens. Established connections keep
/// theirs.
package final class TLSIdentity: Sendable {
    private let shown: Mutex<NIOSSLContext>

    /// An identity that uses this context until it is replaced.
    package init(_ context: NIOSSLContext) { shown = Mutex(context) }

    /// The context for the next client. From any isolation.
    package var context: NIOSSLContext { shown.withLock { $0 } }

    /// Sets another context for clients that connect from now on.
    package func show(_ context: NIOSSLContext) { shown.withLock { $0 = context } }
}

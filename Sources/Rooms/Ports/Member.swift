/// A connection in a room, as the room sees it; the network implements it.
///
/// The actor's executor is the event loop of its socket.
public protocol Member: Actor {
    /// The way to all members on the same event loop.
    nonisolated var outlet: any Outlet { get }

    /// Shows new messages to the client, or leaves them for catching up. On the member's event loop only.
    nonisolated func deliver(_ broadcast: Broadcast)

    /// Sends one JSON object to this client alone: an error. From any isolation.
    nonisolated func send(_ json: [UInt8])

    /// Sends its own message once more, which had been stored before under the same id; unless the client has not come
    /// that far, and is going to see it in its turn. From any isolation.
    nonisolated func sendAgain(_ message: EncodedMessage)

    /// The room's past is another one than this client saw: it must come back and be told so. From any isolation.
    nonisolated func startOver()

    /// The member's session is another one now, or gone (nil). From any isolation.
    nonisolated func sessionChanged(to session: Session?)
}

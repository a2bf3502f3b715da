/// A connection in a room, as the room sees it; the network implements it.
///
/// The actor's executor is the event loop of its socket.
public protocol Member: Actor {
    /// The outlet of all members on the same event loop.
    nonisolated var outlet: any Outlet { get }

    /// Sends new messages to the client, or leaves them for catch-up. On the member's event loop only.
    nonisolated func deliver(_ broadcast: Broadcast)

    /// Sends one JSON object, an answer or an error, to this client only. From any isolation.
    nonisolated func send(_ json: [UInt8])

    /// Sends the client its own message or change again, which was already stored under the same id. If the client will
    /// still receive it in order, nothing is sent. From any isolation.
    nonisolated func sendAgain(_ message: EncodedMessage)

    /// Sends the client the event of its own change, if its view does not include changes. From any isolation.
    nonisolated func acknowledge(_ change: EncodedMessage)

    /// Makes the client reconnect, because the room's past is not the one that it saw. From any isolation.
    nonisolated func startOver()

    /// Notifies the member that its session has changed or is gone (nil). From any isolation.
    nonisolated func sessionChanged(to session: Session?)
}

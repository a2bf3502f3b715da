internal import NIOCore
internal import NIOWebSocket
internal import Synchronization

/// The text frames that a client has received and that have not been taken yet. One task may wait for the next frame.
final class FrameInbox: Sendable {
    private struct State {
        var frames: [String] = []
        var taken = 0
        var farewell: ChatClient.Farewell?
        var waiter: CheckedContinuation<String, any Error>?
    }

    private let state = Mutex(State())

    /// The next frame, in the order of the wire.
    func next() async throws -> String {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<String, any Error>? = state.withLock { state in
                    precondition(state.waiter == nil, "one task reads")
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.taken < state.frames.count {
                        defer { state.taken += 1 }
                        return .success(state.frames[state.taken])
                    }
                    if let farewell = state.farewell { return .failure(farewell) }
                    state.waiter = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            takeWaiter()?.resume(throwing: CancellationError())
        }
    }

    func received(_ text: String) {
        let waiter = state.withLock { state in
            let waiter = state.waiter.take()
            state.frames.append(text)
            if waiter != nil { state.taken += 1 }
            return waiter
        }
        waiter?.resume(returning: text)
    }

    func ended(_ farewell: ChatClient.Farewell) {
        let waiter = state.withLock { state in
            state.farewell = farewell
            return state.waiter.take()
        }
        waiter?.resume(throwing: farewell)
    }

    private func takeWaiter() -> CheckedContinuation<String, any Error>? { state.withLock { $0.waiter.take() } }
}

/// Puts text frames into the inbox, answers pings and the closing handshake.
final class FrameReceiver: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let inbox: FrameInbox
    private var farewell = ChatClient.Farewell(code: nil, reason: "")

    init(_ inbox: FrameInbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .ping:
            context.writeAndFlush(wrapOutboundOut(answer(to: frame, .pong)), promise: nil)
        case .connectionClose:
            var data = frame.unmaskedData
            farewell = ChatClient.Farewell(code: data.readInteger(), reason: String(buffer: data))
            context.writeAndFlush(wrapOutboundOut(answer(to: frame, .connectionClose)), promise: nil)
            context.close(promise: nil)
        default:
            inbox.received(String(buffer: frame.unmaskedData))
        }
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.ended(farewell) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(to frame: WebSocketFrame, _ opcode: WebSocketOpcode) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: frame.unmaskedData)
    }
}

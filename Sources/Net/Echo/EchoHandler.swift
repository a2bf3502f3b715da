internal import NIOCore

/// Sends every message back unchanged.
final class EchoHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limits: NetLimits
    private var reader: FrameReader
    private let deflation: MessageDeflation
    private var serverClass: Compression.ServerClass?
    private var isClosing = false

    init(limits: NetLimits, metrics: NetMetrics) {
        self.limits = limits
        self.reader = FrameReader(limits: FrameReader.Limits(limits))
        self.deflation = MessageDeflation(limits: limits, metrics: metrics)
    }

    /// Sets the compression that the upgrade negotiated; nil for none.
    func upgraded(_ compression: Compression?) {
        guard let compression else { return }
        reader = FrameReader(limits: FrameReader.Limits(limits), compression: compression)
        serverClass = compression.serverClass
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while let event = reader.next(&bytes) {
            guard !isClosing else { continue }
            switch event {
            case .text(let payload): echo(.text, payload, context)
            case .binary(let payload): echo(.binary, payload, context)
            case .ping(let payload): write(.pong, payload, context)
            case .pong: break
            case .close(let code): end(code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [], context)
            case .violation(let code, _): end([UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)], context)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    /// Pauses reading while the peer does not read, so that its echoes do not accumulate.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isClosing || context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func echo(_ opcode: FrameHeader.Opcode, _ payload: [UInt8], _ context: ChannelHandlerContext) {
        guard let serverClass else { return write(opcode, payload, context) }
        context.write(wrapOutboundOut(deflation.frame(opcode, payload, for: serverClass)), promise: nil)
    }

    private func write(_ opcode: FrameHeader.Opcode, _ payload: [UInt8], _ context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: payload.count + 10)
        FrameWriter.frame(opcode, payload, into: &buffer)
        context.write(wrapOutboundOut(buffer), promise: nil)
    }

    private func end(_ payload: [UInt8], _ context: ChannelHandlerContext) {
        isClosing = true
        var buffer = context.channel.allocator.buffer(capacity: payload.count + 2)
        FrameWriter.frame(.close, payload, into: &buffer)
        let (channel, lingerTimeout) = (context.channel, limits.lingerTimeout)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in
            channel.endOutput()
            channel.eventLoop.scheduleTask(in: lingerTimeout) { channel.close(promise: nil) }
        }
        channel.eventLoop.scheduleTask(in: limits.closeTimeout) { channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: written)
    }
}

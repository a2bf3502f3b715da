internal import CoreMetrics
internal import NIOCore
internal import Rooms

/// Compresses messages for all connections of a loop: one compressor per class of receivers, created when needed.
final class MessageDeflation {
    private let limits: NetLimits
    private let metrics: NetMetrics
    private var deflaters: [Compression.ServerClass: Deflater] = [:]

    init(limits: NetLimits, metrics: NetMetrics) {
        self.limits = limits
        self.metrics = metrics
    }

    /// A message as one frame, compressed if that makes it smaller.
    func frame(
        _ opcode: FrameHeader.Opcode, _ payload: [UInt8], for serverClass: Compression.ServerClass
    ) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: payload.count + 10)
        write(opcode, payload, for: serverClass, into: &buffer)
        return buffer
    }

    private func write(
        _ opcode: FrameHeader.Opcode, _ payload: [UInt8], for serverClass: Compression.ServerClass,
        into buffer: inout ByteBuffer
    ) {
        guard payload.count >= limits.compressBytesMin, let compressed = deflater(for: serverClass)?.deflate(payload)
        else { return FrameWriter.frame(opcode, payload, into: &buffer) }
        metrics.compressions.increment()
        FrameWriter.compressedFrame(opcode, compressed, into: &buffer)
    }

    /// The frames of consecutive messages in one buffer: one write per socket.
    func messages(
        _ messages: ArraySlice<EncodedMessage>, for serverClass: Compression.ServerClass
    ) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: messages.reduce(0) { $0 + $1.json.count + 10 })
        for message in messages { write(.text, message.json, for: serverClass, into: &buffer) }
        return buffer
    }

    private func deflater(for serverClass: Compression.ServerClass) -> Deflater? {
        if let deflater = deflaters[serverClass] { return deflater }
        let deflater = Deflater(windowBits: serverClass.windowBits)
        deflaters[serverClass] = deflater
        return deflater
    }
}

package import NIOCore
package import Rooms

/// The way of frames through this module, each step alone: Benchmarks/Instructions counts their instructions.
package enum FrameCounts {
    /// Decodes a client's frames.
    ///
    /// - Returns: the bytes of all text messages.
    package static func decoded(_ bytes: ByteBuffer) -> Int {
        var bytes = bytes
        var reader = FrameReader(limits: FrameReader.Limits(NetLimits()))
        var count = 0
        while let event = reader.next(&bytes) {
            if case .text(let text) = event { count += text.count }
        }
        return count
    }

    /// Makes the frames of a broadcast, as they are made once for each event loop.
    ///
    /// - Returns: the bytes of all frames.
    package static func framed(_ messages: [EncodedMessage]) -> Int {
        FrameWriter.messages(messages[...], allocator: ByteBufferAllocator()).readableBytes
    }
}

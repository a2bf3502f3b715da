internal import CZlib

/// Compresses messages with zlib; no message refers to another one (RFC 7692 section 7.2.1).
///
/// zlib keeps a pointer to the stream, so the stream has its own allocation. Isolated to its owner.
@safe final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter windowBits: 9 to 15.
    /// - Returns: nil if there is not enough memory.
    init?(windowBits: Int32) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let code = unsafe deflateInit2_(
            stream, Self.level, Z_DEFLATED, -windowBits, Self.memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        // The deinitializer also runs if the initializer fails; zlib holds no memory then.
        guard code == Z_OK else { return nil }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// The level and the table size with the lowest cost for chat messages: see decision 8.
    private static let level: CInt = 1
    private static let memoryLevel: CInt = 8

    /// Returns the compressed payload of a message, or nil if it would not be smaller.
    func deflate(_ message: [UInt8]) -> [UInt8]? {
        guard unsafe deflateReset(stream) == Z_OK else { return nil }
        // Less than the message plus the four bytes removed below: output that does not fit is not smaller.
        let capacity = message.count + 3
        return unsafe message.span.withUnsafeBufferPointer { input in
            var isSmaller = false
            let payload = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(input.count)
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = UInt32(capacity)
                let code = unsafe CZlib.deflate(stream, Z_SYNC_FLUSH)
                let left = unsafe stream.pointee.avail_out
                isSmaller = code == Z_OK && left > 0
                count = isSmaller ? capacity - Int(left) - 4 : 0
            }
            return isSmaller ? payload : nil
        }
    }
}

internal import CZlib

/// zlib's deflate, one message at a time, none of which refers to another (RFC 7692 section 7.2.1).
///
/// zlib refers to the stream by its address, hence the allocation. Isolated to its owner.
@safe final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter windowBits: 9 to 15.
    /// - Returns: nil if there is no memory.
    init?(windowBits: Int32) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let code = unsafe deflateInit2_(
            stream, Self.level, Z_DEFLATED, -windowBits, Self.memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        // The deinitializer runs for a failed initializer too, and zlib has left nothing behind.
        guard code == Z_OK else { return nil }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// The level and the table size that cost least for messages of a chat: see decision 8.
    private static let level: CInt = 1
    private static let memoryLevel: CInt = 8

    /// The compressed payload of a message; nil if it would not be smaller.
    func deflate(_ message: [UInt8]) -> [UInt8]? {
        guard unsafe deflateReset(stream) == Z_OK else { return nil }
        // Room for less than the message and the four bytes taken off below: what does not fit is not smaller.
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

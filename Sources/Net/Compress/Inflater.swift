internal import CZlib

/// Decompresses a stream of raw deflate (RFC 1951) with zlib, which keeps a window of earlier output.
///
/// zlib keeps a pointer to the stream, so the stream has its own allocation. Isolated to its owner. Takes about 40 KB
/// once used.
@safe final class Inflater {
    enum Outcome: Equatable {
        case done
        /// The output would exceed the maximum.
        case tooBig
        /// The input is not valid deflate data.
        case invalid
    }

    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether the input so far ended with a final block: then it may end, or another stream may begin (RFC 7692
    /// section 7.2.3.4).
    private var hasEnded = false

    /// - Returns: nil if there is not enough memory.
    init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let code = unsafe inflateInit2_(stream, -15, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        // The deinitializer also runs if the initializer fails; zlib holds no memory then.
        guard code == Z_OK else { return nil }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Begins a message.
    func begin() { hasEnded = false }

    /// Appends the decompressed input, and stops as soon as the output would exceed `max` bytes.
    ///
    /// A deflate bomb never takes more than 16 KiB above that.
    func inflate(_ input: Span<UInt8>, into output: inout [UInt8], max: Int) -> Outcome {
        guard !input.isEmpty else { return .done }
        hasEnded = false
        return unsafe input.withUnsafeBufferPointer { input in
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16 << 10) { scratch in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(input.count)
                return unsafe step(through: scratch, into: &output, max: max)
            }
        }
    }

    private func step(
        through scratch: UnsafeMutableBufferPointer<UInt8>, into output: inout [UInt8], max: Int
    ) -> Outcome {
        while true {
            unsafe stream.pointee.next_out = scratch.baseAddress
            unsafe stream.pointee.avail_out = UInt32(scratch.count)
            let code = unsafe CZlib.inflate(stream, Z_SYNC_FLUSH)
            let made = unsafe scratch.count - Int(stream.pointee.avail_out)
            guard output.count + made <= max else { return .tooBig }
            unsafe output.append(contentsOf: UnsafeMutableBufferPointer(rebasing: scratch[..<made]))
            let left = unsafe stream.pointee.avail_in
            switch code {
            // Z_BUF_ERROR: no input was left.
            case Z_OK, Z_BUF_ERROR:
                let isScratchFull = unsafe stream.pointee.avail_out == 0
                if left == 0, !isScratchFull { return .done }
                guard code == Z_OK else { return .invalid }
            case Z_STREAM_END:
                // Keeps the window, which the next stream may refer to.
                guard unsafe inflateResetKeep(stream) == Z_OK else { return .invalid }
                if left == 0 {
                    hasEnded = true
                    return .done
                }
            default: return .invalid
            }
        }
    }

    /// Ends a message: appends the four bytes that the sender removed (RFC 7692 section 7.2.2). The stream must then be
    /// at the end of a block.
    func finish(into output: inout [UInt8], max: Int) -> Outcome {
        if hasEnded { return .done }
        let tail: [UInt8] = [0, 0, 0xFF, 0xFF]
        let outcome = inflate(tail.span, into: &output, max: max)
        guard outcome == .done, !hasEnded else { return outcome }
        // Bit 128: after the end of a block. Lowest six bits: the number of unused bits of the last byte.
        let state = unsafe stream.pointee.data_type
        return state & 128 != 0 && state & 63 == 0 ? .done : .invalid
    }
}

internal import CZlib

/// zlib's inflate over a stream of raw deflate (RFC 1951), with its window of earlier output.
///
/// zlib refers to the stream by its address, hence the allocation. Isolated to its owner; some 40 KB once used.
@safe final class Inflater {
    enum Outcome: Equatable {
        case done
        /// The output would have more bytes than it may.
        case tooBig
        /// The input is no deflate.
        case invalid
    }

    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether the input so far ended with a final block: then it may end, or another stream may begin (section 7.2.3.4
    /// of RFC 7692).
    private var hasEnded = false

    /// - Returns: nil if there is no memory.
    init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let code = unsafe inflateInit2_(stream, -15, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        // The deinitializer runs for a failed initializer too, and zlib has left nothing behind.
        guard code == Z_OK else { return nil }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// A message begins.
    func begin() { hasEnded = false }

    /// Appends what the input amounts to, and stops as soon as the output would exceed `max` bytes: of a deflate bomb
    /// never more than 16 KiB above that exist.
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
            // Z_BUF_ERROR: the input was used up before.
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

    /// Ends a message: puts back the four bytes that the sender has taken off (RFC 7692 section 7.2.2); then the stream
    /// must be at the end of a block.
    func finish(into output: inout [UInt8], max: Int) -> Outcome {
        if hasEnded { return .done }
        let tail: [UInt8] = [0, 0, 0xFF, 0xFF]
        let outcome = inflate(tail.span, into: &output, max: max)
        guard outcome == .done, !hasEnded else { return outcome }
        // 128: behind a block; the lowest six bits: what was not used of the last byte.
        let state = unsafe stream.pointee.data_type
        return state & 128 != 0 && state & 63 == 0 ? .done : .invalid
    }
}

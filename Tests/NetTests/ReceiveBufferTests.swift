internal import NIOCore
internal import Testing

@testable internal import Net

@Suite struct ReceiveBufferTests {
    private let shared = ReceiveBuffer(bytes: 1024)

    private func read(_ text: String) -> ByteBuffer {
        var buffer = shared.buffer(allocator: ByteBufferAllocator())
        buffer.writeString(text)
        return buffer
    }

    @Test func usesTheMemoryOfAReadAgain() {
        func addressOfARead() -> Int? {
            let buffer = read("abc")
            shared.reuse(buffer)
            return buffer.address
        }
        let addresses = (addressOfARead(), addressOfARead())
        #expect(addresses.0 == addresses.1)
    }

    @Test func doesNotOverwriteWhatIsStillReferenced() {
        let first = read("abc")
        shared.reuse(first)
        let second = read("xyz")
        #expect(String(buffer: first) == "abc" && String(buffer: second) == "xyz")
    }

    @Test func leavesBuffersOfOtherSizesAlone() {
        let small = ByteBuffer(string: "abc")
        shared.reuse(small)
        #expect(read("").storageCapacity == 1024)
    }
}

extension ByteBuffer {
    /// The address of the memory.
    var address: Int? { withVeryUnsafeBytes { $0.baseAddress.map { Int(bitPattern: $0) } } }
}

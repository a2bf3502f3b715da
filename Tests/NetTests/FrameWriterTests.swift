internal import NIOCore
internal import Rooms
internal import Testing

@testable internal import Net

@Suite struct FrameWriterTests {
    private func bytes(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        write(&buffer)
        return Array(buffer.readableBytesView)
    }

    @Test(
        arguments: [
            (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]), (65_535, [0x81, 126, 255, 255]),
            (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])])
    func writesTheShortestLength(count: Int, header: [UInt8]) {
        let payload = [UInt8](repeating: 65, count: count)
        #expect(bytes { FrameWriter.text(payload, into: &$0) } == header + payload)
    }

    @Test func writesControlFrames() {
        #expect(bytes { FrameWriter.frame(.pong, [1, 2], into: &$0) } == [0x8A, 2, 1, 2])
        #expect(bytes { FrameWriter.frame(.ping, [], into: &$0) } == [0x89, 0])
    }

    @Test func writesACloseWithCodeAndReason() {
        #expect(bytes { $0 = FrameWriter.close(.goingAway, reason: "bye") } == [0x88, 5, 3, 0xE9, 98, 121, 101])
    }

    @Test func answersACloseWithItsCodeIfItHasOne() {
        #expect(bytes { $0 = FrameWriter.close(echoing: 1001) } == [0x88, 2, 3, 0xE9])
        #expect(bytes { $0 = FrameWriter.close(echoing: nil) } == [0x88, 0])
    }

    @Test func cutsALongReasonBetweenCharacters() {
        let frame = bytes { $0 = FrameWriter.close(.goingAway, reason: String(repeating: "é", count: 100)) }
        #expect(frame.count <= 127)
        #expect(String(validating: frame.dropFirst(4), as: UTF8.self) == String(repeating: "é", count: 61))
    }

    @Test func writesMessagesTogether() {
        let messages = (1...3).map { EncodedMessage(seq: $0, json: Array("{\($0)}".utf8)) }
        let buffer = FrameWriter.messages(messages[1...], allocator: ByteBufferAllocator())
        #expect(Array(buffer.readableBytesView) == [0x81, 3] + Array("{2}".utf8) + [0x81, 3] + Array("{3}".utf8))
        #expect(FrameWriter.messages([], allocator: ByteBufferAllocator()).readableBytes == 0)
    }
}

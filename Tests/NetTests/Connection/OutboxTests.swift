internal import NIOCore
internal import Testing

@testable internal import Net

@Suite struct OutboxTests {
    private func outbox(bytesMax: Int = 10) -> Outbox {
        var limits = NetLimits()
        limits.sendQueueBytesMax = bytesMax
        return Outbox(limits: limits)
    }

    @Test func queuesWithoutASocketAndCountsTheBytes() {
        var outbox = outbox()
        #expect(outbox.isEmpty && outbox.isHalfEmpty && !outbox.isFull)
        let rest = outbox.write(ByteBuffer(string: "123456"))
        #expect(rest == ByteBuffer(string: "123456"))
        #expect(!outbox.isEmpty && !outbox.isHalfEmpty && !outbox.isFull)
        _ = outbox.write(ByteBuffer(string: "7890"))
        #expect(outbox.isFull)
        outbox.written(6)
        #expect(!outbox.isFull && outbox.isHalfEmpty)
        outbox.written(4)
        #expect(outbox.isEmpty)
    }

    @Test func writesToTheSocketOnlyWhileNothingIsQueued() throws {
        let pair = try SocketPair()
        var outbox = outbox()
        outbox.open(pair.socket, compression: nil)
        let first = outbox.write(ByteBuffer(string: "ab"))
        #expect(first == nil && outbox.isEmpty)
        #expect(pair.received == "ab")
        // More than the kernel takes.
        let large = ByteBuffer(repeating: 65, count: 16 << 20)
        let unsent = outbox.write(large)
        let rest = try #require(unsent)
        #expect(rest.readableBytes > 0 && rest.readableBytes < large.readableBytes)
        #expect(pair.received.count + rest.readableBytes == large.readableBytes)
        // The kernel takes bytes again, but they would overtake the rest.
        let later = outbox.write(ByteBuffer(string: "c"))
        #expect(later == ByteBuffer(string: "c"))
        outbox.written(rest.readableBytes + 1)
        let last = outbox.write(ByteBuffer(string: "d"))
        #expect(last == nil)
        #expect(pair.received == "d")
        outbox.close()
        let closed = outbox.write(ByteBuffer(string: "e"))
        #expect(closed == ByteBuffer(string: "e"))
    }

    @Test func answersOnlyTheNewestPingOnceTheQueueIsEmpty() {
        var outbox = outbox()
        _ = outbox.write(ByteBuffer(string: "1"))
        let replaced = [outbox.deferPong([1]), outbox.deferPong([2])]
        #expect(replaced == [false, true])
        let early = outbox.takePong()
        #expect(early == nil && !outbox.hasDeferred)
        outbox.written(1)
        #expect(outbox.hasDeferred)
        let pongs = [outbox.takePong(), outbox.takePong()]
        #expect(pongs == [[2], nil] && !outbox.hasDeferred)
    }

    @Test func defersASessionWhileTheQueueIsFull() {
        var outbox = outbox()
        let atOnce = outbox.admitsSession()
        #expect(atOnce && !outbox.hasDeferred)
        _ = outbox.write(ByteBuffer(repeating: 65, count: 10))
        let late = outbox.admitsSession()
        #expect(!late && outbox.hasDeferred)
        let taken = [outbox.takeSession(), outbox.takeSession()]
        #expect(taken == [true, false])
    }
}

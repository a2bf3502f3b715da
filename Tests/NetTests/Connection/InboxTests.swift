internal import NIOCore
internal import Testing

@testable internal import Net

@Suite struct InboxTests {
    private func inbox(messagesMax: Int = 4, bytesMax: Int = 100) -> Inbox {
        var limits = NetLimits()
        (limits.inboundMessagesMax, limits.inboundBytesMax) = (messagesMax, bytesMax)
        return Inbox(limits: limits)
    }

    private func bytes(_ frames: Frame...) -> ByteBuffer { ByteBuffer(bytes: frames.flatMap(\.bytes)) }

    private func text(_ text: String) -> TextMessage { Array(text.utf8) }

    /// Parses what there is; returns the events.
    private func events(_ inbox: inout Inbox) -> [FrameEvent] {
        var events: [FrameEvent] = []
        while let event = inbox.nextEvent() { events.append(event) }
        return events
    }

    @Test func collectsTheMessagesOfAReadAndReturnsTheOtherFrames() {
        var inbox = inbox()
        let isParsed = inbox.receive(bytes(.text("a"), .ping("p"), .text("b"), .pong("")))
        let events = events(&inbox)
        #expect(isParsed && events == [.ping("p"), .pong])
        let batches = [inbox.takeBatch(), inbox.takeBatch()]
        #expect(batches == [[text("a"), text("b")], nil])
    }

    @Test func isFullUntilTheMessagesAreTaken() {
        var inbox = inbox()
        for _ in 1...2 {
            _ = inbox.receive(bytes(.text("a"), .text("b")))
            _ = events(&inbox)
        }
        #expect(inbox.isFull && !inbox.isHalfEmpty)
        let batch = inbox.takeBatch()
        #expect(batch == [text("a"), text("b"), text("a"), text("b")])
        #expect(!inbox.isFull && inbox.isHalfEmpty)
    }

    @Test func isFullOfBytesToo() {
        var inbox = inbox(bytesMax: 10)
        _ = inbox.receive(bytes(.text("01234")))
        _ = events(&inbox)
        #expect(!inbox.isFull && !inbox.isHalfEmpty)
        _ = inbox.receive(bytes(.text("56789")))
        _ = events(&inbox)
        #expect(inbox.isFull)
        _ = inbox.takeBatch()
        #expect(inbox.isHalfEmpty)
    }

    @Test func isFullWhileBytesAreUnparsed() {
        var inbox = inbox(bytesMax: 4)
        _ = inbox.receive(bytes(.text("abcd"), .text("e")))
        _ = events(&inbox)
        _ = inbox.takeBatch()
        #expect(inbox.isFull && inbox.isHalfEmpty && inbox.hasUnparsed)
        _ = events(&inbox)
        #expect(!inbox.isFull && !inbox.hasUnparsed)
    }

    @Test func leavesTheBufferOfAReadBehindAFullBatch() {
        var inbox = inbox(bytesMax: 4)
        var read = ByteBufferAllocator().buffer(capacity: 1024)
        read.writeImmutableBuffer(bytes(.text("abcd"), .text("e")))
        let address = read.address
        _ = inbox.receive(read)
        let none = events(&inbox)
        #expect(none.isEmpty)
        // The memory is replaced if the inbox refers to it.
        read.clear()
        #expect(read.address == address)
    }

    @Test func leavesBytesUnparsedBehindAFullBatch() {
        var inbox = inbox(bytesMax: 4)
        _ = inbox.receive(bytes(.text("abcd"), .text("e"), .ping("p")))
        let first = events(&inbox)
        #expect(first.isEmpty)
        // What arrives meanwhile waits behind it.
        let isParsed = inbox.receive(bytes(.text("f")))
        #expect(!isParsed)
        var batches = [inbox.takeBatch()]
        let second = events(&inbox)
        batches.append(inbox.takeBatch())
        #expect(batches == [[text("abcd")], [text("e"), text("f")]])
        #expect(second == [.ping("p")])
    }

    @Test func findsTheCloseFrameBehindDiscardedMessages() {
        var inbox = inbox(bytesMax: 2)
        _ = inbox.receive(bytes(.text("ab"), .text("cd"), .text("ef"), .close(1000)))
        _ = events(&inbox)
        inbox.discardMessages()
        // Also while messages wait: a request may be under way.
        let later = events(&inbox)
        let batches = [inbox.takeBatch(), inbox.takeBatch()]
        #expect(batches == [[text("ab")], nil] && later == [.close(1000)])
    }

    @Test func ignoresEverythingOnceToldTo() {
        var inbox = inbox(bytesMax: 2)
        _ = inbox.receive(bytes(.text("ab"), .close(1000)))
        _ = events(&inbox)
        _ = inbox.takeBatch()
        inbox.ignore()
        inbox.discardMessages()
        let isParsed = inbox.receive(bytes(.text("c")))
        let later = events(&inbox)
        #expect(!isParsed && later.isEmpty)
    }

    @Test func putsBackBeforeWhatHasArrived() {
        var inbox = inbox(messagesMax: 3)
        _ = inbox.receive(bytes(.text("b")))
        _ = events(&inbox)
        inbox.putBack([text("a"), text("a")])
        #expect(inbox.isFull)
        let batch = inbox.takeBatch()
        #expect(batch == [text("a"), text("a"), text("b")])
    }

    @Test func dropsTheFirst() {
        var inbox = inbox(bytesMax: 4)
        _ = inbox.receive(bytes(.text("abc"), .text("d")))
        _ = events(&inbox)
        #expect(inbox.first == text("abc"))
        inbox.dropFirst()
        #expect(inbox.isHalfEmpty)
        let batch = inbox.takeBatch()
        #expect(batch == [text("d")])
    }

    @Test func tellsChangesOfThePause() {
        var inbox = inbox()
        let changes = [true, true, false, false].map { inbox.setPaused($0) }
        #expect(changes == [true, false, true, false])
    }
}

internal import Testing

@testable internal import Rooms

@Suite struct SignalTests {
    @Test func remembersThatItWasSetBeforeAnybodyWaits() async {
        let signal = Signal()
        signal.set()
        signal.set()
        #expect(await signal.wait())
        signal.end()
        #expect(await !signal.wait())
    }

    @Test func givesTheLastWorkBeforeItEnds() async {
        let signal = Signal()
        signal.set()
        signal.end()
        #expect(await signal.wait())
        #expect(await !signal.wait())
    }

    @Test func wakesWhoWaits() async {
        let signal = Signal()
        async let woken = signal.wait()
        signal.set()
        #expect(await woken)
    }

    @Test func endsTheWaitOfACancelledTask() async {
        let signal = Signal()
        let waiting = Task { await signal.wait() }
        waiting.cancel()
        #expect(await !waiting.value)
    }
}

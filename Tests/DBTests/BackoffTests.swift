import Testing

@testable import DB

@Suite struct BackoffTests {
    @Test func doublesUpToItsCapWithJitterBelow() {
        var backoff = Backoff(first: .milliseconds(100), cap: .milliseconds(500))
        for step in [100, 200, 400, 500, 500, 500] {
            let pause = backoff.pause()
            #expect(pause >= .milliseconds(step) * 0.5 && pause <= .milliseconds(step))
        }
        backoff.reset()
        #expect(backoff.pause() <= .milliseconds(100))
    }
}

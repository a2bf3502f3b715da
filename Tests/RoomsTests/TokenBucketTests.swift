internal import Rooms
internal import Testing

@Suite struct TokenBucketTests {
    private let second: UInt64 = 1_000_000_000

    @Test func givesTheBurstAtOnceAndThenNothing() {
        var bucket = TokenBucket(perSecond: 2, burst: 3, now: 100)
        #expect(bucket.take(now: 100) == nil)
        #expect(bucket.take(now: 100) == nil)
        #expect(bucket.take(now: 100) == nil)
        #expect(bucket.take(now: 100) == 500)
    }

    @Test func saysWhenTheNextTokenComes() {
        var bucket = TokenBucket(perSecond: 2, burst: 1, now: 0)
        #expect(bucket.take(now: 0) == nil)
        #expect(bucket.take(now: second / 10) == 400)
        #expect(bucket.take(now: second / 2 - 1) == 1)
        #expect(bucket.take(now: second / 2) == nil)
    }

    @Test func savesNoMoreThanTheBurst() {
        var bucket = TokenBucket(perSecond: 1000, burst: 2, now: 0)
        let later = 3600 * second
        #expect(bucket.take(now: later) == nil)
        #expect(bucket.take(now: later) == nil)
        #expect(bucket.take(now: later) == 1)
    }

    @Test func givesTheRateInTheLongRun() {
        var bucket = TokenBucket(perSecond: 20, burst: 60, now: 0)
        var given = 0
        for millisecond in 0..<10_000 where bucket.take(now: UInt64(millisecond) * 1_000_000) == nil { given += 1 }
        #expect((258...260).contains(given))
    }

    @Test func ignoresAClockThatGoesBack() {
        var bucket = TokenBucket(perSecond: 1, burst: 1, now: 5 * second)
        #expect(bucket.take(now: 0) == nil)
        #expect(bucket.take(now: 0) == 1000)
        #expect(bucket.take(now: 5 * second) == 1000)
        #expect(bucket.take(now: 6 * second) == nil)
    }
}

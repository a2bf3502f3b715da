internal import Testing

@testable internal import Net

@Suite struct AddressCountsTests {
    private let here = IPAddress(v4: 1)
    private let there = IPAddress(v4: 2)

    @Test func anAddressHasItsNumberOfSockets() {
        let counts = AddressCounts(max: 2, refusedMax: 1)
        #expect((1...5).map { _ in counts.enter(here) } == [.admitted, .admitted, .tooMany, .farTooMany, .farTooMany])
        #expect(counts.enter(there) == .admitted)
        counts.leave(here)
        #expect([counts.enter(here), counts.enter(here)] == [.tooMany, .farTooMany])
        for _ in 1...2 { counts.leave(here) }
        #expect(counts.enter(here) == .admitted)
    }

    @Test func anEntryLastsAsLongAsItsSockets() {
        let counts = AddressCounts(max: nil, refusedMax: 0)
        for low in 1...1000 { #expect(counts.enter(IPAddress(v4: UInt32(low))) == .admitted) }
        #expect(counts.addresses == 1000)
        for low in 1...1000 { counts.leave(IPAddress(v4: UInt32(low))) }
        counts.leave(here)
        #expect(counts.addresses == 0)
    }

    @Test func addressesOfOneSubnetAreOne() {
        let counts = AddressCounts(max: 1, refusedMax: 0)
        #expect(counts.enter(IPAddress(high: 7, low: 1)) == .admitted)
        #expect(counts.enter(IPAddress(high: 7, low: 2)) == .farTooMany)
        #expect(counts.enter(IPAddress(high: 8, low: 1)) == .admitted)
        counts.leave(IPAddress(high: 7, low: 3))
        #expect(counts.enter(IPAddress(high: 7, low: 2)) == .admitted)
    }

    @Test func maximumMayChangeAtAnyTime() {
        let counts = AddressCounts(max: nil, refusedMax: 1)
        for _ in 1...10 { #expect(counts.enter(here) == .admitted) }
        counts.setMax(3)
        #expect(counts.enter(here) == .farTooMany)
        for _ in 1...8 { counts.leave(here) }
        #expect(counts.enter(here) == .admitted)
        counts.setMax(nil)
        for _ in 1...10 { #expect(counts.enter(here) == .admitted) }
    }

    @Test func aPermitIsGivenBackOnceAndMovesWithItsClient() {
        let counts = AddressCounts(max: 1, refusedMax: 1)
        var permit = AddressPermit(for: here)
        #expect(counts.addresses == 0)
        for _ in 1...2 { permit.acquire(for: here, from: counts) }
        #expect(permit.admission == .admitted)
        permit.acquire(for: there, from: counts)
        #expect(permit.address == there)
        #expect(counts.enter(here) == .admitted)
        #expect(counts.enter(there) == .tooMany)
        var third = AddressPermit(for: there)
        third.acquire(for: there, from: counts)
        #expect(third.admission == .farTooMany)
        third.release(to: counts)
        for _ in 1...2 { permit.release(to: counts) }
        #expect(counts.addresses == 2)
        for address in [here, there] { counts.leave(address) }
        #expect(counts.addresses == 0)
    }
}

import Testing

@testable import DB

@Suite struct SessionLookupsTests {
    @Test func gathersWhileAQueryIsUnderWay() {
        var lookups = SessionLookups<Int>(waitersMax: 9, keysMax: 9)
        #expect(lookups.ask("a", 1) == .waits)
        #expect(lookups.startQuery() == ["a"])
        #expect(lookups.isEmpty)
        #expect(lookups.ask("b", 2) == .waits)
        #expect(lookups.ask("a", 3) == .waits)
        #expect(lookups.ask("b", 4) == .waits)
        #expect(lookups.endQuery() == ["a": [1]])
        #expect(!lookups.isEmpty)
        #expect(lookups.startQuery().sorted() == ["a", "b"])
        #expect(lookups.endQuery() == ["a": [3], "b": [2, 4]])
        #expect(lookups.isEmpty)
    }

    @Test func queriesAtMostSoManyKeysAndForgetsNobody() {
        var lookups = SessionLookups<Int>(waitersMax: 99, keysMax: 4)
        for n in 0..<10 { _ = lookups.ask(String(n), n) }
        var answered: [Int] = []
        var sizes: [Int] = []
        while !lookups.isEmpty {
            sizes.append(lookups.startQuery().count)
            answered += lookups.endQuery().values.joined()
        }
        #expect(sizes == [4, 4, 2])
        #expect(answered.sorted() == Array(0..<10))
    }

    @Test func refusesWhenFull() {
        var lookups = SessionLookups<Int>(waitersMax: 2, keysMax: 9)
        #expect(lookups.ask("a", 1) == .waits)
        #expect(lookups.ask("a", 2) == .waits)
        #expect(lookups.ask("b", 3) == .full)
        _ = lookups.startQuery()
        #expect(lookups.ask("b", 3) == .waits)
    }

    @Test func returnsTheWaitingCallersAtTheEndAndAdmitsNoMore() {
        var lookups = SessionLookups<Int>(waitersMax: 9, keysMax: 9)
        for n in 1...3 { _ = lookups.ask(n == 3 ? "b" : "a", n) }
        #expect(lookups.end().sorted() == [1, 2, 3])
        #expect(lookups.ask("a", 4) == .ended)
        #expect(lookups.isEmpty)
    }
}

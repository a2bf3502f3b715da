import Testing

@testable import DB

@Suite struct SessionLookupsTests {
    @Test func gathersWhileAQueryIsUnderWay() {
        var lookups = SessionLookups<Int>(waitersMax: 9, keysMax: 9)
        #expect(lookups.ask("a", 1) == .lead)
        #expect(lookups.startQuery() == ["a"])
        #expect(lookups.ask("b", 2) == .wait)
        #expect(lookups.ask("a", 3) == .wait)
        #expect(lookups.ask("b", 4) == .wait)
        var end = lookups.endQuery()
        #expect(end.answered == ["a": [1]])
        #expect(end.leader != nil)
        #expect(lookups.startQuery().sorted() == ["a", "b"])
        end = lookups.endQuery()
        #expect(end.answered == ["a": [3], "b": [2, 4]])
        #expect(end.leader == nil)
        #expect(lookups.ask("c", 5) == .lead)
    }

    @Test func queriesAtMostSoManyKeysAndForgetsNobody() {
        var lookups = SessionLookups<Int>(waitersMax: 99, keysMax: 4)
        for n in 0..<10 { _ = lookups.ask(String(n), n) }
        var answered: [Int] = []
        var sizes: [Int] = []
        var leader: Int? = 0
        while leader != nil {
            sizes.append(lookups.startQuery().count)
            let end = lookups.endQuery()
            answered += end.answered.values.joined()
            leader = end.leader
        }
        #expect(sizes == [4, 4, 2])
        #expect(answered.sorted() == Array(0..<10))
    }

    @Test func refusesWhenFull() {
        var lookups = SessionLookups<Int>(waitersMax: 2, keysMax: 9)
        #expect(lookups.ask("a", 1) == .lead)
        #expect(lookups.ask("a", 2) == .wait)
        #expect(lookups.ask("b", 3) == .full)
        _ = lookups.startQuery()
        #expect(lookups.ask("b", 3) == .wait)
    }
}

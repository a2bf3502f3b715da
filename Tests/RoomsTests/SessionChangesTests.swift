internal import Testing

@testable internal import Rooms

@Suite struct SessionChangesTests {
    @Test func tellsChangesApart() {
        var changes = SessionChanges(countMax: 10)
        let first = changes.now
        let isKept1 = changes.note("a")
        #expect(isKept1)
        let second = changes.now
        let isKept2 = changes.note("b")
        #expect(isKept2)
        #expect(changes.mayHaveChanged("a", since: first))
        #expect(!changes.mayHaveChanged("a", since: second))
        #expect(changes.mayHaveChanged("b", since: first))
        #expect(changes.mayHaveChanged("b", since: second))
        #expect(!changes.mayHaveChanged("c", since: first))
    }

    @Test func aChangeOfAllIsOneOfEach() {
        var changes = SessionChanges(countMax: 10)
        let isKept3 = changes.note("a")
        #expect(isKept3)
        let before = changes.now
        let isKept4 = changes.note(nil)
        #expect(isKept4)
        #expect(changes.mayHaveChanged("a", since: before))
        #expect(changes.mayHaveChanged("b", since: before))
        #expect(!changes.mayHaveChanged("a", since: changes.now))
    }

    @Test func forgetsTheOldestAndSaysSo() {
        var changes = SessionChanges(countMax: 3)
        let start = changes.now
        let areKept = ["a", "b", "a"].map { changes.note($0) }
        #expect(areKept == [true, true, true])
        let last = changes.now
        #expect(!changes.mayHaveChanged("c", since: start))
        let isKept5 = changes.note("d")
        #expect(!isKept5)
        // The first change is forgotten: a login from before it cannot know whose it was.
        #expect(changes.mayHaveChanged("c", since: start))
        #expect(!changes.mayHaveChanged("c", since: start + 1))
        #expect(changes.mayHaveChanged("a", since: start + 1))
        #expect(!changes.mayHaveChanged("a", since: last))
    }
}

import DB
import Rooms
import TestKit
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct ReactionTests {
    private func react(_ emoji: String, _ user: String, on isOn: Bool = true, identity: Identity? = nil) -> ChangeDraft
    {
        .of(1, .react(emoji: emoji, isOn: isOn), by: user, identity: identity)
    }

    private func reactions(_ database: Database) async throws -> [Reaction] {
        try await database.page(of: 1).first?.changes?.reactions ?? []
    }

    @Test func emojisAndNamesAreInTheOrderOfTheReactions() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([1: ["one"]]))
            try await database.change(react("👍", "zoe"), react("a", "ann"), react("👍", "bob"), react("a", "zoe"))
            #expect(
                try await reactions(database) == [
                    Reaction(emoji: "👍", count: 2, users: ["zoe", "bob"]),
                    Reaction(emoji: "a", count: 2, users: ["ann", "zoe"]),
                ])
            // The first person withdraws: somebody reacts with the emoji all the time, so it stays the oldest.
            let receipt = try await database.change(
                .of([react("👍", "zoe", on: false), react("👍", "zoe"), react("a", "ann", on: false)]))
            #expect(receipt.outcomes == [.stored(seq: 6), .stored(seq: 7), .stored(seq: 8)])
            let changes = try #require(receipt.runs.first?.changes)
            // As it was after each change.
            #expect(
                changes.map(\.kind) == [
                    .reacted(emoji: "👍", isOn: false, all: Reaction(emoji: "👍", count: 1, users: ["bob"])),
                    .reacted(emoji: "👍", isOn: true, all: Reaction(emoji: "👍", count: 2, users: ["bob", "zoe"])),
                    .reacted(emoji: "a", isOn: false, all: Reaction(emoji: "a", count: 1, users: ["zoe"])),
                ])
            #expect(receipt.runs.first?.targets.first?.changes?.reactions.map(\.emoji) == ["👍", "a"])
            let last = try await database.change(.of([react("a", "zoe", on: false)]))
            #expect(last.runs.first?.changes.map(\.kind) == [.reacted(emoji: "a", isOn: false, all: nil)])
            #expect(
                last.runs.first?.targets.first?.changes
                    == MessageChanges(
                        changedSeq: 9, reactions: [Reaction(emoji: "👍", count: 2, users: ["bob", "zoe"])]))
        }
    }

    @Test func onlyTheFirstNamesAreListed() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([1: ["one"]]))
            let drafts = (1...25).map { react("x", "user \($0)") } + (1...3).map { react("y", "user \($0)") }
            _ = try await database.change(.of(drafts))
            let first = (1...20).map { "user \($0)" }
            #expect(
                try await reactions(database) == [
                    Reaction(emoji: "x", count: 25, users: first),
                    Reaction(emoji: "y", count: 3, users: Array(first.prefix(3))),
                ])
            try await database.change(react("x", "user 1", on: false))
            #expect(
                try await reactions(database).first
                    == Reaction(emoji: "x", count: 24, users: (2...21).map { "user \($0)" }))
        }
    }

    /// A person is its user_id or, without one, its name.
    @Test func aPersonReactsOnceWithAnEmoji() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one"]]))
            let outcomes = try await database.change(
                react("x", "ann"), react("x", "ann"), react("x", "ann", identity: .userID("ann")),
                react("x", "Anna", identity: .userID("ann")), react("X", "ann"), react("x", "bob", on: false),
                react("x", "Anna", on: false, identity: .userID("ann")))
            #expect(
                outcomes == [
                    .stored(seq: 2), .done, .stored(seq: 3), .done, .stored(seq: 4), .done,
                    .stored(seq: 5),
                ])
            #expect(
                try await sql.run("select emoji, person from reactions order by seq") == ["x|:ann", "X|:ann"])
        }
    }

    /// Longer than what fits into an index, and alike in the beginning.
    @Test func longNamesReact() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([1: ["one"]]))
            var random = SeededRandom(seed: 1)
            let name = String(
                (0..<20_000).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement(using: &random) ?? "a" })
            let outcomes = try await database.change(
                react("x", name), react("x", name), react("x", name + "!"), react("x", "ann", identity: .userID(name)),
                react("x", name, on: false))
            #expect(outcomes == [.stored(seq: 2), .done, .stored(seq: 3), .stored(seq: 4), .stored(seq: 5)])
            #expect(try await reactions(database) == [Reaction(emoji: "x", count: 2, users: [name + "!", "ann"])])
        }
    }

    @Test func aMessageHasABoundedNumberOfEmojis() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([1: ["one"]]))
            let outcomes = try await database.change(.of((0...50).map { react("\($0)", "ann") })).outcomes
            #expect(outcomes.prefix(50).allSatisfy { if case .stored = $0 { true } else { false } })
            #expect(outcomes.last == .forbidden)
            // One that is there already may be set by others, and a place may become free.
            let more = try await database.change(
                react("7", "bob"), react("50", "bob"), react("3", "ann", on: false), react("50", "bob"))
            #expect(more == [.stored(seq: 52), .forbidden, .stored(seq: 53), .stored(seq: 54)])
        }
    }
}

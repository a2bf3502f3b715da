internal import TestKit
internal import Testing

@testable internal import Net

@Suite struct UTF8CheckTests {
    private func isValid(_ bytes: [UInt8], cut: Int = 0) -> Bool {
        var check = UTF8Check()
        return check.accept(bytes.span.extracting(0..<cut)) && check.accept(bytes.span.extracting(cut..<bytes.count))
            && check.isComplete
    }

    private func agrees(_ bytes: [UInt8], cut: Int = 0) -> Bool {
        isValid(bytes, cut: cut) == (String(validating: bytes, as: UTF8.self) != nil)
    }

    @Test func agreesWithSwiftOnAllShortInputs() {
        var wrong = 0
        for first in UInt8.min ... .max {
            if !agrees([first]) { wrong += 1 }
            for second in UInt8.min ... .max where !agrees([first, second], cut: 1) { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test func agreesWithSwiftAtEveryEdgeOfLongerInputs() {
        let edges: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
            0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        var wrong = 0
        for a in edges {
            for b in edges {
                for c in edges {
                    if !agrees([a, b, c], cut: 2) { wrong += 1 }
                    for d in edges where !agrees([a, b, c, d], cut: 3) { wrong += 1 }
                }
            }
        }
        #expect(wrong == 0)
    }

    @Test func agreesWithSwiftOnMutilatedTexts() {
        var random = SeededRandom(seed: 3)
        let text = Array("Grüße, 世界! 👋🏽 \u{10FFFF}\u{FFFF}".utf8)
        var valid = 0
        for _ in 0..<20_000 {
            var bytes = text
            let index = Int.random(in: 0..<bytes.count, using: &random)
            bytes[index] = UInt8.random(in: 0...255, using: &random)
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            let cut = Int.random(in: 0...bytes.count, using: &random)
            if !agrees(bytes, cut: cut) { Issue.record("\(bytes) cut at \(cut)") }
            if isValid(bytes) { valid += 1 }
        }
        #expect((1000..<19_000).contains(valid))
    }

    @Test func failsAtTheFirstBadByte() {
        var check = UTF8Check()
        let (lead, bad): ([UInt8], [UInt8]) = ([0xF4], [0x90])
        let takesLead = check.accept(lead.span)
        #expect(takesLead)
        #expect(!check.isComplete)
        let takesBad = check.accept(bad.span)
        #expect(!takesBad)
    }
}

import Testing

@testable import LoadClient

/// The table of close codes, seen from a client.
@Suite struct CloseAdviceTests {
    @Test(arguments: [
        (UInt16(1001), "going away retry_ms=250", CloseAdvice.comeBackAfter(milliseconds: 250)),
        (1012, "retry_ms=99999999", .comeBackAfter(milliseconds: CloseAdvice.retryMillisecondsMax)),
        (1001, "bye", .comeBack), (1001, "retry_ms=99999999999999999999999", .comeBack), (1011, "", .comeBack),
        (1013, "", .comeBack), (1013, "too many logins, retry_ms=7", .comeBackAfter(milliseconds: 7)),
        (4408, "", .comeBack), (4429, "", .comeBack), (1002, "", .stayAway),
        (1003, "", .stayAway), (1007, "", .stayAway), (1009, "", .stayAway), (4401, "", .stayAway),
        (4403, "", .stayAway), (4409, "", .stayAway),
    ])
    func aCodeSaysWhatToDo(code: UInt16, reason: String, advice: CloseAdvice) {
        #expect(CloseAdvice.of(code: code, reason: reason) == advice)
    }

    @Test func aLostConnectionComesBack() { #expect(CloseAdvice.of(code: nil, reason: "") == .comeBack) }

    @Test(arguments: [(0, 0.25), (1, 0.5), (5, 8), (6, 10), (7, 10), (.max, 10)] as [(Int, Double)])
    func waitsGrowAndStop(failures: Int, seconds: Double) {
        #expect(CloseAdvice.waitMax(afterFailures: failures) == seconds)
    }
}

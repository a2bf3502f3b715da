internal import Testing

@testable internal import Net

@Suite struct CloseCodeTests {
    @Test func isTheTableOfTheContract() {
        #expect(
            CloseCode.allCases.map(\.rawValue)
                == [1000, 1001, 1002, 1003, 1007, 1009, 1011, 1012, 1013, 4401, 4403, 4408, 4409, 4429])
    }

    @Test func namesOnlyCodesThatMayBeOnTheWire() {
        for code in CloseCode.allCases { #expect(CloseCode.isValidFromPeer(code.rawValue)) }
        let valid = (UInt16.min ... .max).filter(CloseCode.isValidFromPeer)
        #expect(valid == Array(1000...1003) + Array(1007...1014) + Array(3000...4999))
    }
}

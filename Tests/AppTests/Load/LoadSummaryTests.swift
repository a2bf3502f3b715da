import Foundation
import Testing

@testable import LoadClient
@testable import Telemetry

/// The last words of a run.
@Suite struct LoadSummaryTests {
    private static func summary(_ tally: AuditTally = AuditTally(), connected: Int = 2) -> LoadSummary {
        var latency = HistogramCounts(.fineSeconds)
        latency.record(0.25)
        var counts = LoadCounts()
        counts.received = 10
        counts.refusals = ["rate_limited": 3]
        counts.closes = ["1001": 2, "broken": 1]
        return LoadSummary(
            connections: 2, connected: connected, seconds: 2, counts: counts, tally: tally, uncertain: 0,
            latency: latency, trouble: nil)
    }

    @Test(arguments: [
        AuditTally(lost: 1), AuditTally(duplicated: 1), AuditTally(outOfOrder: 1), AuditTally(differing: 1),
    ])
    func anyFaultFails(tally: AuditTally) {
        #expect(!Self.summary(tally).isClean)
        #expect(Self.summary(tally).text.contains("FAILED"))
    }

    @Test func aMissingConnectionFails() { #expect(!Self.summary(connected: 1).isClean) }

    @Test func theJSONIsOneObjectInOneLine() throws {
        let json = Self.summary().json
        #expect(!json.contains("\n"))
        let object = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["received"] as? Int == 10)
        #expect(object["latency_max_ms"] as? Double == 250)
        #expect(object["clean"] as? Bool == true)
        #expect((object["refused"] as? [String: Int]) == ["rate_limited": 3])
        #expect((object["closed"] as? [String: Int]) == ["1001": 2, "broken": 1])
    }

    @Test func theTextSaysThatAllIsWell() {
        #expect(Self.summary().text.hasSuffix("nothing lost, duplicated or out of order"))
        #expect(Self.summary().text.contains("refused        rate_limited ×3"))
        #expect(Self.summary().text.contains("closed         1001 ×2, broken ×1"))
    }
}

internal import Rooms
internal import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_470_676_832_421_000, "2016-08-08T17:20:32.421Z"),
        (1_470_676_832_421_999, "2016-08-08T17:20:32.421Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (-1_000_000, "1969-12-31T23:59:59.000Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
        (951_868_800_000_000, "2000-03-01T00:00:00.000Z"),
        (1_709_164_800_000_000, "2024-02-29T00:00:00.000Z"),
        (1_709_251_199_999_999, "2024-02-29T23:59:59.999Z"),
        (4_107_456_000_000_000, "2100-02-28T00:00:00.000Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
        (-2_203_977_600_000_000, "1900-02-28T00:00:00.000Z"),
        (-2_203_891_200_000_000, "1900-03-01T00:00:00.000Z"),
        (1_798_761_599_999_999, "2026-12-31T23:59:59.999Z"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
    ])
    func writesKnownMoments(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).iso8601 == text)
    }

    @Test func showsWhatFourDigitsCannotAsTheNearestMoment() {
        #expect(Timestamp.earliest.iso8601 == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp.latest.iso8601 == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(microseconds: .min).iso8601 == Timestamp.earliest.iso8601)
        #expect(Timestamp(microseconds: .max).iso8601 == Timestamp.latest.iso8601)
        #expect(Timestamp(microseconds: Timestamp.latest.microseconds + 1).iso8601 == Timestamp.latest.iso8601)
    }

    /// Day after day through four hundred years, the text sorts as the moment does and no day is missing or doubled.
    @Test func countsEveryDayOfFourCenturies() {
        let monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var (year, month, day) = (1800, 1, 1)
        var moment = Timestamp(microseconds: -5_364_662_400_000_000)
        var wrong = 0
        while year < 2200 {
            let text = moment.iso8601.utf8.prefix(10)
            let expected = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
            if !text.elementsEqual(expected.utf8) { wrong += 1 }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            day += 1
            if day > monthDays[month - 1] + (month == 2 && isLeap ? 1 : 0) { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
            moment.microseconds += 86_400_000_000
        }
        #expect(wrong == 0)
    }
}

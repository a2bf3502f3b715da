import Rooms
import Testing

@testable import DB

@Suite struct BinaryFormatTests {
    private func encoded(_ value: PostgresValue) -> [UInt8]? {
        var bytes: [UInt8] = []
        return value.encode(into: &bytes) ? bytes : nil
    }

    @Test func encodesScalars() {
        #expect(encoded(.integer(-2)) == [0xFF, 0xFF, 0xFF, 0xFE])
        #expect(encoded(.bigint(258)) == [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(encoded(.text("é")) == [0xC3, 0xA9])
        #expect(encoded(.text("")) == [])
        #expect(encoded(.text(nil)) == nil)
        #expect(encoded(.timestamp(Timestamp(microseconds: 946_684_800_000_001))) == [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(
            encoded(.uuid(WriterID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10))) == Array(1...16))
    }

    @Test func encodesArrays() {
        #expect(encoded(.integers([])) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 23])
        #expect(
            encoded(.integers([7])) == [
                0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7,
            ])
        #expect(
            encoded(.texts(["a", nil])) == [
                0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 97, 255, 255, 255, 255,
            ])
        #expect(encoded(.texts(nil)) == nil)
    }

    @Test(arguments: [[], [0], [1, -1, .max, .min]] as [[Int32]])
    func readsBackWhatItWrote(values: [Int32]) throws {
        let bytes = try #require(encoded(.integers(values)))
        #expect(BinaryFormat.integers(bytes, of: Int32.self) == values)
    }

    @Test func refusesBrokenArrays() throws {
        let good = try #require(encoded(.integers([1, 2])))
        for length in 0..<good.count {
            #expect(BinaryFormat.integers(Array(good.prefix(length)), of: Int32.self) == nil)
        }
        #expect(BinaryFormat.integers(good + [0], of: Int32.self) == nil)
        #expect(BinaryFormat.integers(good, of: Int64.self) == nil)
        var negative = good
        negative[12] = 0xFF
        #expect(BinaryFormat.integers(negative, of: Int32.self) == nil)
    }

    @Test(arguments: [[], [""], ["a", "é\u{1}", ""]] as [[String]])
    func readsBackTexts(values: [String]) throws {
        let bytes = try #require(encoded(.texts(values)))
        #expect(BinaryFormat.texts(bytes) == values)
        for length in 0..<bytes.count { #expect(BinaryFormat.texts(Array(bytes.prefix(length))) == nil) }
        #expect(BinaryFormat.texts(bytes + [0]) == nil)
    }

    @Test func nullIsAnEmptyTextAndNoInteger() throws {
        let bytes = try #require(encoded(.texts(["a", nil])))
        #expect(BinaryFormat.texts(bytes) == ["a", ""])
        var integers = try #require(encoded(.integers([7])))
        integers.replaceSubrange(20..., with: [255, 255, 255, 255])
        #expect(BinaryFormat.integers(integers, of: Int32.self) == nil)
    }

    @Test func timesSaturate() {
        #expect(BinaryFormat.timestamp(.max).microseconds == .max)
        #expect(BinaryFormat.timestamp(0).iso8601 == "2000-01-01T00:00:00.000Z")
        #expect(BinaryFormat.postgresMicroseconds(Timestamp(microseconds: .min)) == .min)
    }
}

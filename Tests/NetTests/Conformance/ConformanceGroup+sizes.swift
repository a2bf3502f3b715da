internal import TestKit

extension ConformanceGroup {
    private static let mebibyte = 1 << 20
    private static let sixteen = [UInt8](repeating: 42, count: 16 * mebibyte)
    private static let four = [UInt8]((0..<4 * mebibyte).map { UInt8(32 + $0 % 95) })

    private static func fragmented(_ payload: [UInt8], _ size: Int, isText: Bool) -> [Frame] {
        stride(from: 0, to: payload.count, by: size).map { start in
            let end = min(start + size, payload.count)
            var frame = Frame.more(Array(payload[start..<end]), isFinal: end == payload.count)
            if start == 0 { frame.first |= isText ? 1 : 2 }
            return frame
        }
    }

    private static func whole(_ payload: [UInt8], isText: Bool) -> ConformanceCase.Step {
        .expect(.init(first: isText ? 0x81 : 0x82, payload: payload))
    }

    /// RFC 6455 sections 5.2, 5.4 and 10.4, with the limits of the echo: 16 MiB and 65,537 fragments.
    static var sizes: [Draft] {
        [true, false].flatMap { isText in
            let kind = isText ? "text" : "binary"
            let first: UInt8 = isText ? 0x81 : 0x82
            return [
                Draft(
                    "6455-5.2", "16 MiB of \(kind) in one frame come back",
                    [.send(Frame(first: first, payload: sixteen, mask: [0, 0, 0, 0])), whole(sixteen, isText: isText)])
            ]
                + [64, 4096, mebibyte].map { size in
                    Draft(
                        "6455-5.4", "4 MiB of \(kind) in fragments of \(size) bytes come back",
                        [.send(fragmented(four, size, isText: isText)), whole(four, isText: isText)])
                }
                + [64, 1024].map { size in
                    let count = min(mebibyte, size * 2048)
                    return Draft(
                        "6455-5.2", "\(count / 1024) KiB of \(kind) in writes of \(size) bytes come back",
                        [
                            .chop([Frame(first: first, payload: Array(four[..<count]))], size),
                            whole(Array(four[..<count]), isText: isText),
                        ])
                }
                + [0, 64, 4096].map { size in
                    Draft(
                        "6455-5.2", "200 times \(size) bytes of \(kind) come back one after another",
                        (0..<200).flatMap { _ in
                            let part = Array(four[..<size])
                            return [.send(Frame(first: first, payload: part)), whole(part, isText: isText)]
                        })
                }
        } + limits
    }

    private static var manyFragments: [Frame] {
        [Frame.text("", isFinal: false)] + Array(repeating: Frame.more([]), count: 65_535)
    }

    private static var limits: [Draft] {
        [
            Draft(
                "6455-10.4", "65,537 fragments are taken",
                [.send(manyFragments + [.more([65], isFinal: true)]), .text("A")]),
            .fails("6455-10.4", "65,538 fragments fail", 1009, [.send(manyFragments + [.more([]), .more([])])]),
            .fails(
                "6455-10.4", "the claim of a byte more than 16 MiB fails before the payload comes", 1009,
                [.cut(Frame(first: 0x81, payload: [], length: [0xFF, 0, 0, 0, 0, 1, 0, 0, 1]), .max)]),
            .fails(
                "6455-10.4", "fragments that claim a byte more than 16 MiB together fail", 1009,
                [
                    .send(.binary([1], isFinal: false)),
                    .cut(Frame(first: 0x80, payload: [], length: [0xFF, 0, 0, 0, 0, 1, 0, 0, 0]), .max),
                ]),
        ]
    }

    /// RFC 6455 section 5.4: the sender's library may cut where it likes.
    static var automatic: [Draft] {
        let text = Array(four[..<65_536])
        return [
            Draft(
                "6455-5.4", "64 KiB of text in fragments of 1,300 bytes come back",
                [.send(fragmented(text, 1300, isText: true)), whole(text, isText: true)]),
            Draft(
                "6455-5.4", "64 KiB of text in fragments of 1,300 bytes and writes of 1,448 come back",
                [.chop(fragmented(text, 1300, isText: true), 1448), whole(text, isText: true)]),
        ]
    }
}

internal import TestKit
internal import Testing

/// One numbered case: what a client sends to the echo, and what must come back.
///
/// A case that does not end with `.end` is ended by a closing handshake with 1000, which must succeed.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        /// Frames in one write.
        case send([Frame])
        /// Frames in writes of so many bytes.
        case chop([Frame], Int)
        /// The first bytes of a frame, and no more of it.
        case cut(Frame, Int)
        /// The next frame from the server.
        case expect(ServerFrame)
        /// The next frame, which must be compressed, once it is inflated.
        case inflated(ServerFrame)
        /// The next frame is a close with this code; nil for one without.
        case close(Int?)
        /// Nothing more comes, and the socket ends: at once, not after a timeout.
        case end
    }

    /// The document, the section, and a number within the section.
    let number: String
    /// What is so, as a sentence.
    let title: String
    /// The extensions that the client offers; nil for none.
    let offer: String?
    /// The extensions that the server must accept; nil for none.
    let accepted: String?
    /// Made when the case is run: some are megabytes.
    let steps: @Sendable () -> [Step]

    var testDescription: String { number }
}

/// Cases about one matter.
struct ConformanceGroup: Sendable {
    let title: String
    /// The sections of the public fuzzing client that look at the same; empty if none does.
    let suite: String
    let cases: [ConformanceCase]
}

extension ConformanceGroup {
    /// A case before it has its number.
    struct Draft {
        let section: String
        let title: String
        var offer: String?
        var accepted: String?
        let steps: @Sendable () -> [ConformanceCase.Step]

        init(
            _ section: String, _ title: String,
            _ steps: @autoclosure @escaping @Sendable () -> [ConformanceCase.Step]
        ) {
            self.section = section
            self.title = title
            self.steps = steps
        }

        /// A case that must end with a close of the given code.
        static func fails(
            _ section: String, _ title: String, _ code: Int,
            _ steps: @autoclosure @escaping @Sendable () -> [ConformanceCase.Step]
        ) -> Draft {
            Draft(section, title, steps() + [.close(code), .end])
        }
    }

    /// All groups, numbered by section in the order of the lists: append, so that numbers stay.
    static let all: [ConformanceGroup] = {
        var counts: [String: Int] = [:]
        return drafts.map { title, suite, drafts in
            ConformanceGroup(
                title: title, suite: suite,
                cases: drafts.map { draft in
                    counts[draft.section, default: 0] += 1
                    return ConformanceCase(
                        number: "\(draft.section)-\(counts[draft.section] ?? 0)", title: draft.title,
                        offer: draft.offer,
                        accepted: draft.accepted, steps: draft.steps)
                })
        }
    }()

    private static var drafts: [(String, String, [Draft])] {
        [
            ("Frames and their lengths", "1", lengths), ("Pings and pongs", "2", pings),
            ("Reserved bits", "3", reservedBits), ("Reserved opcodes", "4", reservedOpcodes),
            ("Fragments", "5", fragments), ("Text", "6", texts), ("Closing", "7", closing),
            ("Sizes and many messages", "9", sizes), ("Messages cut by the sender's library", "10", automatic),
            ("Agreeing on compression", "13", agreements), ("Compressed messages", "12", compressed),
        ]
    }
}

extension ConformanceCase.Step {
    static func text(_ text: String) -> Self { .expect(ServerFrame(first: 0x81, payload: Array(text.utf8))) }
    static func binary(_ payload: [UInt8]) -> Self { .expect(ServerFrame(first: 0x82, payload: payload)) }
    static func pong(_ payload: [UInt8]) -> Self { .expect(ServerFrame(first: 0x8A, payload: payload)) }
    static func send(_ frames: Frame...) -> Self { .send(frames) }
}

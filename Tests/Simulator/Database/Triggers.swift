package import Rooms

/// What the triggers of the embedding application do to rows of `log`, chosen by the prefix of the text.
package struct Triggers: Sendable {
    /// A trigger.
    package enum Kind: String, CaseIterable, Sendable {
        /// Returns null: the message has a number and no row.
        case drop
        /// Changes the text.
        case rude
        /// Changes the user.
        case alias
        /// Changes the time.
        case backdated
        /// Raises an error with the SQLSTATE that the text has after `poison-`.
        case poison
        /// Takes longer than the statement time-out.
        case slow
    }

    /// The result for a row.
    package enum Verdict: Sendable, Equatable {
        case stored(time: Timestamp, user: String, text: String)
        case dropped
        case refused(code: String)
        case tooSlow
    }

    /// The triggers that are installed.
    package var active: Set<Kind>

    /// Installs these triggers.
    package init(_ active: Set<Kind>) { self.active = active }

    /// The number of microseconds by which a time is changed.
    package static let backdatedByMicroseconds: Int64 = 3_600_000_000

    /// The text of a message that a trigger acts on.
    package static func text(_ kind: Kind, code: String = "", _ rest: String) -> String {
        "\(kind.rawValue)\(code.isEmpty ? "" : "-\(code)") \(rest)"
    }

    /// The trigger that a text is meant for, whether it is installed or not.
    package static func kind(of text: String) -> Kind? { Kind.allCases.first { text.hasPrefix($0.rawValue) } }

    /// The result for a row with these values.
    package func verdict(time: Timestamp, user: String, text: String) -> Verdict {
        guard let kind = Self.kind(of: text), active.contains(kind) else {
            return .stored(time: time, user: user, text: text)
        }
        switch kind {
        case .drop: return .dropped
        case .rude: return .stored(time: time, user: user, text: "****" + text.dropFirst(kind.rawValue.count))
        case .alias: return .stored(time: time, user: "alias of \(user)", text: text)
        case .backdated:
            let earlier = Timestamp(microseconds: time.microseconds - Self.backdatedByMicroseconds)
            return .stored(time: earlier, user: user, text: text)
        case .poison:
            return .refused(code: String(text.dropFirst(kind.rawValue.count + 1).prefix { $0 != " " }))
        case .slow: return .tooSlow
        }
    }
}

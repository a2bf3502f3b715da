package import Rooms

extension Database {
    /// A row of `sessions` for `App session list`; without its key, which is a secret.
    package struct SessionListing: Sendable, Equatable {
        /// The user, the room and the role.
        package var session: Session
        /// When it expires; nil for never.
        package var expiresAt: Timestamp?
        /// When it was created.
        package var createdAt: Timestamp
    }

    /// Creates a session.
    ///
    /// - Parameters:
    ///   - key: what the client presents: 1 to 1024 bytes without NUL. It must not begin with `sha256:` unless it is
    ///     stored as a hash.
    ///   - isHashed: whether only the hash of the key is stored.
    /// - Throws: `StoreError.rejected`: `23505` if the key exists, `22023` if the key could never be used.
    package func createSession(
        key: String, userName: String, room: RoomID, role: Session.Role = .member, expiresAt: Timestamp? = nil,
        isHashed: Bool = false
    ) async throws(StoreError) {
        guard !key.isEmpty, key.utf8.count <= DBLimits.sessionKeyBytesMax, !key.utf8.contains(0) else {
            throw .rejected(code: "22023", detail: "a session key has 1 to 1024 bytes, none of them NUL")
        }
        _ = try await readers.run(
            isHashed ? .createHashedSession : .createSession,
            [.text(key), .text(userName), .integer(room.rawValue), .text(role.rawValue), .timestamp(expiresAt)],
            isRepeatable: false)
    }

    /// The sessions, including expired ones, newest first, at most `limit`.
    package func listSessions(limit: Int = 1000) async throws(StoreError) -> [SessionListing] {
        let rows = try await readers.run(.listSessions, [.integer(Int32(clamping: max(0, limit)))], isRepeatable: true)
        return (0..<rows.rowCount).compactMap { row in
            guard let fingerprint = rows.text(row, 0), let userName = rows.text(row, 1),
                let room = rows.integer(row, 2, as: Int32.self), let createdAt = rows.timestamp(row, 5)
            else { return nil }
            let role = rows.text(row, 3).flatMap(Session.Role.init(rawValue:)) ?? .reader
            return SessionListing(
                session: Session(fingerprint: fingerprint, userName: userName, room: RoomID(room), role: role),
                expiresAt: rows.timestamp(row, 4), createdAt: createdAt)
        }
    }

    /// The result of a revocation.
    package enum Revocation: Sendable, Equatable {
        /// The session was deleted.
        case revoked
        /// There is no such session.
        case unknown
        /// This many sessions match; none was deleted.
        case ambiguous(Int)
    }

    /// Whether the word can be a fingerprint, or the start of one: 8 to 64 hexadecimal digits.
    package static func isFingerprint(_ word: String) -> Bool {
        (8...64).contains(word.utf8.count) && word.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    }

    /// Deletes the session with this key, or else the only session whose fingerprint starts with the word.
    package func revokeSession(_ word: String) async throws(StoreError) -> Revocation {
        guard !word.utf8.contains(0) else { return .unknown }
        let prefix = Self.isFingerprint(word) ? word.lowercased() : nil
        let rows = try await readers.run(.revokeSession, [.text(word), .text(prefix)], isRepeatable: false)
        let meant = rows.integer(0, 0, as: Int64.self) ?? 0
        if meant > 1 { return .ambiguous(Int(clamping: meant)) }
        return meant == 1 ? .revoked : .unknown
    }

    /// Declares that the log's past has changed, after a restore in place; returns the new epoch.
    package func newEpoch() async throws(StoreError) -> String {
        try await readers.run(.newEpoch, [], isRepeatable: true).text(0, 0) ?? ""
    }
}

internal import CLibPQ

/// A `PGconn` and our calls on it; each call returns at once (manual, 34.4 "Asynchronous Command Processing").
///
/// Belongs to one `PostgresConnection`, and so to the loop's thread; libpq forbids two threads on one connection.
@safe final class PostgresHandle {
    /// What `PQconnectPoll` waits for.
    enum ConnectProgress {
        case waiting(Readiness)
        case connected
        case failed
    }

    private let pointer: OpaquePointer

    /// Starts to connect; returns nil if libpq has no memory. A host name without an address would be resolved here,
    /// which blocks: see `HostResolver`.
    init?(_ options: ConnectionOptions) {
        let settings = options.settings.sorted { $0.key < $1.key }
        let started = unsafe CStrings(settings.map(\.key)).withPointers { keywords in
            unsafe CStrings(settings.map(\.value)).withPointers { values in
                unsafe PQconnectStartParams(keywords, values, 0)
            }
        }
        guard let started = unsafe started else { return nil }
        unsafe pointer = unsafe started
        // Notices would go to stderr; nothing here needs them.
        unsafe PQsetNoticeProcessor(pointer, { _, _ in }, nil)
    }

    deinit { unsafe PQfinish(pointer) }

    /// The socket, which may change while connecting; negative when there is none.
    var socket: Int32 { unsafe PQsocket(pointer) }

    /// Whether the connection is broken.
    var isBroken: Bool { unsafe PQstatus(pointer) == CONNECTION_BAD }

    /// Whether reading a result would block.
    var isBusy: Bool { unsafe PQisBusy(pointer) != 0 }

    /// libpq's last error text, shortened. Names hosts, users and databases, no passwords; may quote data after a
    /// query.
    var errorText: String {
        guard let text = unsafe PQerrorMessage(pointer) else { return "" }
        let line = Self.line(of: unsafe String(cString: text))
        return String(decoding: line.utf8.prefix(DBLimits.errorTextBytesMax), as: UTF8.self)
    }

    /// Joins the lines of a text into one line of sentences.
    static func line(of text: String) -> String {
        text.split(whereSeparator: \.isNewline).reduce(into: "") { line, next in
            let words = next.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            guard !words.isEmpty else { return }
            if let last = line.last { line += last.isPunctuation ? " " : ". " }
            line += words
        }
    }

    /// Continues to connect.
    func connectPoll() -> ConnectProgress {
        switch unsafe PQconnectPoll(pointer) {
        case PGRES_POLLING_READING: .waiting(.read)
        case PGRES_POLLING_WRITING: .waiting(.write)
        case PGRES_POLLING_OK: unsafe PQsetnonblocking(pointer, 1) == 0 ? .connected : .failed
        default: .failed
        }
    }

    /// Sends a script of several statements (the simple protocol; text results).
    func send(script: String) -> Bool { unsafe PQsendQuery(pointer, script) == 1 }

    /// Sends a statement to be prepared for parameters of the given types.
    func sendPrepare(_ statement: Statement, _ parameters: [PostgresValue]) -> Bool {
        let types = parameters.map(\.typeID)
        return unsafe PQsendPrepare(pointer, statement.name, statement.sql, Int32(clamping: types.count), types) == 1
    }

    /// Sends a statement, by its name if it has been prepared; binary parameters, binary results.
    func send(_ statement: Statement, _ parameters: [PostgresValue]) -> Bool {
        var bytes: [UInt8] = []
        let ranges = parameters.map { parameter in
            let start = bytes.count
            return parameter.encode(into: &bytes) ? start..<bytes.count : nil
        }
        bytes.append(0)  // so that an empty value has an address, too
        let count = Int32(clamping: parameters.count)
        let lengths = ranges.map { Int32(clamping: $0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        return unsafe bytes.withUnsafeBytes { memory in
            let start = unsafe memory.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe ranges.map { range in
                unsafe range.flatMap { unsafe start?.advanced(by: $0.lowerBound) }
            }
            if statement.name.isEmpty {
                let types = parameters.map(\.typeID)
                return unsafe PQsendQueryParams(pointer, statement.sql, count, types, values, lengths, formats, 1) == 1
            }
            return unsafe PQsendQueryPrepared(pointer, statement.name, count, values, lengths, formats, 1) == 1
        }
    }

    /// Writes pending output: 0 if all of it was written, 1 if some is left, -1 if the connection broke.
    func flush() -> Int32 { unsafe PQflush(pointer) }

    /// Reads what the socket has; returns false if the connection broke.
    func consumeInput() -> Bool { unsafe PQconsumeInput(pointer) == 1 }

    /// The next result of what was sent; nil after the last.
    func nextResult() -> PostgresResult? {
        guard let result = unsafe PQgetResult(pointer) else { return nil }
        return unsafe PostgresResult(result)
    }

    /// The payload of the next notification that has been read; nil when there is none.
    func nextNotification() -> String? {
        guard let notification = unsafe PQnotifies(pointer) else { return nil }
        defer { unsafe PQfreemem(notification) }
        return unsafe String(cString: notification.pointee.extra)
    }
}

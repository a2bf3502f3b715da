internal import NIOHTTP1

/// Reads what a server sends as a client would (RFC 9112): strictly, so that nothing ambiguous passes.
struct ResponseReader {
    struct Response {
        var status: Int
        /// Names in lower case.
        var fields: [(name: String, value: String)]
        var closes: Bool { fields.contains { $0.name == "connection" && $0.value == "close" } }
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// All responses.
    ///
    /// - Parameter methods: of the requests, in order; a response to HEAD has no body.
    mutating func responses(to methods: [HTTPMethod]) throws(BrokenRule) -> [Response] {
        var responses: [Response] = []
        while !rest.isEmpty {
            let response = try head()
            let index = responses.count
            let isBodiless =
                response.status == 101 || response.status == 304
                || (methods.indices.contains(index) && methods[index] == .HEAD)
            if !isBodiless {
                let lengths = response.fields.filter { $0.name == "content-length" }
                try expect(lengths.count == 1, "\(lengths.count) times Content-Length")
                guard let length = lengths.first.flatMap({ Int($0.value) }) else {
                    throw BrokenRule(description: "a bad Content-Length")
                }
                try expect(rest.count >= length, "a body of \(rest.count) bytes instead of \(length)")
                rest = rest.dropFirst(length)
            }
            responses.append(response)
        }
        return responses
    }

    private mutating func head() throws(BrokenRule) -> Response {
        let parts = try line().split(separator: " ", maxSplits: 2)
        guard parts.count == 3, parts[0] == "HTTP/1.1", parts[1].utf8.count == 3, let status = Int(parts[1]) else {
            throw BrokenRule(description: "no status line where a response begins")
        }
        var response = Response(status: status, fields: [])
        while true {
            let field = try line()
            if field.isEmpty { return response }
            let parts = field.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw BrokenRule(description: "no header field: \(field)") }
            let value = parts[1].drop { $0 == " " }
            response.fields.append((parts[0].lowercased(), String(value)))
        }
    }

    /// A line without its end; a lone CR or LF in it would let a header be forged.
    private mutating func line() throws(BrokenRule) -> String {
        let line = rest.prefix { $0 != 0x0D && $0 != 0x0A }
        rest = rest.dropFirst(line.count)
        try expect(rest.starts(with: [0x0D, 0x0A]), "a line that does not end in CR LF")
        rest = rest.dropFirst(2)
        return String(decoding: line, as: UTF8.self)
    }
}

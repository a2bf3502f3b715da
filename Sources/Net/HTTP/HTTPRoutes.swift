internal import NIOHTTP1

/// The routes of a listener: exact paths, each for GET and HEAD.
///
/// A path is matched byte for byte against this table and never reaches a file system: no path traversal is possible.
package struct HTTPRoutes: Sendable {
    /// Makes a response; called on the connection's event loop, so it must be quick.
    package typealias Reply = @Sendable (HTTPRequest) -> HTTPReply

    private var replies: [String: Reply] = [:]

    /// Creates an empty table.
    package init() {}

    /// Serves a path.
    package mutating func get(_ path: String, _ reply: @escaping Reply) {
        replies[path] = reply
    }

    /// These routes and others; if both have a path, the route of this table is used.
    package func merging(_ others: HTTPRoutes) -> HTTPRoutes {
        var all = self
        all.replies.merge(others.replies) { mine, _ in mine }
        return all
    }

    /// The response to any request: 404 for other paths, 405 for other methods.
    func reply(to request: HTTPRequest) -> HTTPReply {
        guard let reply = replies[request.path] else { return .bare(.notFound) }
        guard request.method == .GET || request.method == .HEAD else {
            var refusal = HTTPReply.bare(.methodNotAllowed)
            refusal.headers.add(name: "Allow", value: "GET, HEAD")
            return refusal
        }
        return reply(request)
    }
}

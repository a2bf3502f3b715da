internal import NIOCore
internal import NIOHTTP1

/// The routes of the page's listener: the chat page, its scripts and its icon. All are part of the executable.
package struct PageRoutes: Sendable {
    private static let javaScript = "text/javascript; charset=utf-8"

    private let address: WebSocketAddress

    /// Creates the routes of a page whose WebSocket server is at an address.
    package init(webSocket address: WebSocketAddress) {
        self.address = address
    }

    /// The routes for a listener.
    package var routes: HTTPRoutes {
        var routes = HTTPRoutes()
        let address = address
        routes.get("/") { _ in HTTPReply(.found, headers: ["Location": "/chat", "Cache-Control": "no-store"]) }
        routes.get("/chat") { Self.page(for: $0, address: address) }
        for (path, asset) in Self.assets { routes.get(path, asset.reply) }
        return routes
    }

    private static var assets: [(String, PageAsset)] {
        let icon = PageAsset(PackageResources.favicon_svg, type: "image/svg+xml")
        let scripts =
            pageScripts.map { ($0, PageAsset($1, type: javaScript)) }
            + clientScripts.map { ($0, PageAsset($1, type: javaScript, for: .anyone)) }
        return scripts + [
            ("/chat.css", PageAsset(PackageResources.chat_css, type: "text/css; charset=utf-8")),
            ("/favicon.svg", icon),
            ("/favicon.ico", icon),
        ]
    }

    private static var pageScripts: [(String, [UInt8])] {
        [
            ("/chat.js", PackageResources.chat_js),
            ("/chat-actions.js", PackageResources.chat_actions_js),
            ("/chat-changes.js", PackageResources.chat_changes_js),
            ("/chat-follow.js", PackageResources.chat_follow_js),
            ("/chat-form.js", PackageResources.chat_form_js),
            ("/chat-log.js", PackageResources.chat_log_js),
            ("/chat-outgoing.js", PackageResources.chat_outgoing_js),
            ("/chat-quote.js", PackageResources.chat_quote_js),
            ("/chat-reactions.js", PackageResources.chat_reactions_js),
            ("/chat-row.js", PackageResources.chat_row_js),
        ]
    }

    /// The module that applications import, and the modules it imports.
    private static var clientScripts: [(String, [UInt8])] {
        [
            ("/chat-answers.js", PackageResources.chat_answers_js),
            ("/chat-client.js", PackageResources.chat_client_js),
            ("/chat-connection.js", PackageResources.chat_connection_js),
            ("/chat-history.js", PackageResources.chat_history_js),
            ("/chat-kept.js", PackageResources.chat_kept_js),
            ("/chat-liveness.js", PackageResources.chat_liveness_js),
            ("/chat-messages.js", PackageResources.chat_messages_js),
            ("/chat-options.js", PackageResources.chat_options_js),
            ("/chat-outbox.js", PackageResources.chat_outbox_js),
            ("/chat-person.js", PackageResources.chat_person_js),
            ("/chat-position.js", PackageResources.chat_position_js),
            ("/chat-reconnect.js", PackageResources.chat_reconnect_js),
            ("/chat-session.js", PackageResources.chat_session_js),
        ]
    }

    /// The page itself. It is the same for every user: only its script reads the session key from the address.
    private static func page(for request: HTTPRequest, address: WebSocketAddress) -> HTTPReply {
        guard let url = address.url(host: request.host), let origin = WebSocketAddress.origin(of: url) else {
            return .bare(.badRequest)
        }
        let headers: HTTPHeaders = [
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy(webSocket: origin),
            // The address of the page contains the session key until the script removes it.
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        ]
        let html = String(decoding: PackageResources.chat_html, as: UTF8.self)
        return HTTPReply(
            .ok, headers: headers, body: ByteBuffer(string: html.replacing("{{ws_url}}", with: escape(url))))
    }

    /// Allows only this server's own files and its WebSocket. Framing by another origin is refused, because of
    /// clickjacking; an application embeds `chat-client.js` instead, or serves the page from its own origin.
    private static func policy(webSocket origin: String) -> String {
        [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src \(origin)",
            "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'",
        ].joined(separator: "; ")
    }

    /// Escapes a text for a quoted attribute.
    private static func escape(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
    }
}

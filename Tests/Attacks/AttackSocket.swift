internal import Glibc

/// A blocking socket with the bad manners of an attacker: sends what it likes, reads when it likes, ends as it likes.
final class AttackSocket {
    private let descriptor: CInt
    private var received: [UInt8] = []
    private var isEnded = false

    /// Connects to a port of 127.0.0.1; fails as `AttackFailure` if the kernel says no.
    ///
    /// - Parameters:
    ///   - host: the last byte of the address 127.0.0.x to come from.
    ///   - receiveBufferBytes: what the kernel may hold for it; nil for its default.
    init(_ port: Int, from host: UInt8 = 1, receiveBufferBytes: CInt? = nil) throws(AttackFailure) {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw AttackFailure("socket", errno) }
        if let receiveBufferBytes { set(SOL_SOCKET, SO_RCVBUF, receiveBufferBytes) }
        set(CInt(IPPROTO_TCP), TCP_NODELAY, 1)
        // Ports are chosen at connect, so that many sockets fit beside those that have just ended.
        set(CInt(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, 1)
        guard bind(host: host), connect(to: port) else {
            let code = errno
            Glibc.close(descriptor)
            isEnded = true
            throw AttackFailure("connect", code)
        }
    }

    deinit { if !isEnded { Glibc.close(descriptor) } }

    /// Connects, upgrades and reads the answer's head.
    static func upgraded(_ port: Int, _ query: String, headers: [String] = []) throws(AttackFailure) -> AttackSocket {
        let socket = try AttackSocket(port)
        socket.send(upgradeRequest(query, headers: headers))
        guard socket.readHead(), socket.received.starts(with: "HTTP/1.1 101".utf8) else {
            throw AttackFailure("no upgrade", 0)
        }
        return socket
    }

    /// The request of a WebSocket (RFC 6455, section 4.1).
    static func upgradeRequest(_ query: String, headers: [String] = []) -> [UInt8] {
        let lines = [
            "GET /?\(query) HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        return Array(((lines + headers).joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Sends all of it, for at most five seconds; false if the server would not take it.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        setTimeout(SO_SNDTIMEO, milliseconds: 5000)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends as much as the kernel takes at once; nil if the socket has ended.
    func offer(_ bytes: [UInt8]) -> Int? {
        let count = Glibc.send(
            descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
        if count >= 0 { return count }
        return errno == EAGAIN ? 0 : nil
    }

    /// Ends it with a reset instead of a farewell.
    func reset() {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Ends it.
    func close() {
        guard !isEnded else { return }
        isEnded = true
        Glibc.close(descriptor)
    }

    /// Reads until the server has ended it and says how: `close 1009`, `HTTP 400`, `ended`, `reset`, or `still open` after the time.
    ///
    /// Answers pings and close frames, so that only what the attack is about is punished.
    func outcome(within seconds: Double = 15, answersPings: Bool = true) -> String {
        let deadline = AttackClock.now + seconds
        var close: Int?
        var isFrames = false
        while true {
            if !isFrames, readHeadAlready() {
                guard received.starts(with: "HTTP/1.1 101".utf8) else { return status() }
                removeHead()
                isFrames = true
            }
            if isFrames {
                while let frame = AttackFrame.next(in: &received) {
                    if frame.opcode == 8 {
                        close = frame.closeCode
                        _ = offer(AttackFrame.bytes(8, frame.payload))
                    }
                    if frame.opcode == 9, answersPings { _ = offer(AttackFrame.bytes(10, frame.payload)) }
                }
            }
            let left = deadline - AttackClock.now
            guard left > 0 else { return close.map { "close \($0)" } ?? "still open" }
            switch read(within: left) {
            case .bytes, .nothing: continue
            case .ended: return close.map { "close \($0)" } ?? status()
            case .reset: return close.map { "close \($0)" } ?? "reset"
            }
        }
    }

    /// Reads once.
    enum Reading: Equatable { case bytes, nothing, ended, reset }

    func read(within seconds: Double) -> Reading {
        setTimeout(SO_RCVTIMEO, milliseconds: max(1, Int(seconds * 1000)))
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 {
            received += buffer[..<count]
            return .bytes
        }
        if count == 0 { return .ended }
        return errno == EAGAIN || errno == EINTR ? .nothing : .reset
    }

    /// Forgets what has come.
    func discard() { received = [] }

    private func status() -> String {
        guard received.starts(with: "HTTP/1.".utf8), received.count >= 12 else { return "ended" }
        return "HTTP " + String(decoding: received[9..<12], as: UTF8.self)
    }

    private func readHead() -> Bool {
        let deadline = AttackClock.now + 10
        while !readHeadAlready() {
            guard AttackClock.now < deadline, read(within: 10) == .bytes else { return false }
        }
        return true
    }

    private func headEnd() -> Int? {
        received.indices.first { received[$0] == 13 && received[$0...].starts(with: [13, 10, 13, 10]) }
    }

    private func readHeadAlready() -> Bool { headEnd() != nil }

    private func removeHead() { if let end = headEnd() { received.removeFirst(end + 4) } }

    private func bind(host: UInt8) -> Bool { withAddress(host: host, port: 0) { Glibc.bind(descriptor, $0, $1) == 0 } }

    private func connect(to port: Int) -> Bool {
        withAddress(host: 1, port: UInt16(port)) { Glibc.connect(descriptor, $0, $1) == 0 }
    }

    private func withAddress(host: UInt8, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = (0x7f00_0000 | UInt32(host)).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    private func set(_ level: CInt, _ option: CInt, _ value: CInt) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    private func setTimeout(_ option: CInt, milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }
}

internal import NIOCore

/// Reads the header that a proxy may send ahead of a forwarded connection: PROXY protocol, versions 1 and 2.
///
/// A value without a channel or clock. Bytes may arrive in any pieces; bytes after the header are returned unchanged.
struct ProxyHeaderReader {
    /// What to do after the bytes received so far.
    enum Action: Equatable {
        /// Wait for more bytes: the header is not complete, or it is not certain yet that there is one.
        case wait
        /// The header is complete, or there is none: the rest and all later bytes are the client's.
        ///
        /// - Parameter client: its address; nil if the proxy gave none.
        case pass(_ rest: ByteBuffer, client: IPAddress?)
        /// The connection is unusable, with the reason.
        case fail(String)
    }

    /// The maximum bytes of a header of version 1, including its line end.
    static let textBytesMax = 107

    private static let textStart = Array("PROXY ".utf8)
    private static let signature = Array("\r\n\r\n\0\r\nQUIT\n".utf8)
    private static let fixedBytes = 16

    /// The maximum bytes of a header of version 2.
    private let bytesMax: Int
    private var bytes = ByteBuffer()

    /// - Parameter bytesMax: the maximum bytes of a header of version 2: its addresses and the proxy's other data.
    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Takes the next bytes of the connection.
    mutating func received(_ new: ByteBuffer) -> Action {
        var new = new
        if bytes.readableBytes == 0 { bytes = new } else { bytes.writeBuffer(&new) }
        if begins(with: Self.textStart) { return readText() }
        if begins(with: Self.signature) { return readBinary() }
        if couldBegin(with: Self.textStart) || couldBegin(with: Self.signature) { return .wait }
        return .pass(bytes, client: nil)
    }

    private func begins(with start: [UInt8]) -> Bool { bytes.readableBytesView.starts(with: start) }

    private func couldBegin(with start: [UInt8]) -> Bool { start.starts(with: bytes.readableBytesView) }

    // MARK: Version 1

    private mutating func readText() -> Action {
        let head = bytes.readableBytesView.prefix(Self.textBytesMax)
        guard let end = head.firstIndex(of: UInt8(ascii: "\n")) else {
            return head.count < Self.textBytesMax ? .wait : .fail("the PROXY line is too long")
        }
        let line = head[..<end]
        guard line.last == UInt8(ascii: "\r") else { return .fail("the PROXY line ends without CR") }
        let fields = line.dropLast().dropFirst(Self.textStart.count)
            .split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        bytes.moveReaderIndex(to: end + 1)
        switch fields.first {
        // The rest of the line must be ignored.
        case "UNKNOWN": return .pass(bytes, client: nil)
        case "TCP4", "TCP6":
            let isV6 = fields[0] == "TCP6"
            guard fields.count == 5, let source = Self.address(fields[1], isV6: isV6),
                Self.address(fields[2], isV6: isV6) != nil, Self.isPort(fields[3]), Self.isPort(fields[4])
            else { return .fail("the PROXY line is malformed") }
            return .pass(bytes, client: source)
        default: return .fail("the PROXY line names no known family")
        }
    }

    private static func address(_ text: String, isV6: Bool) -> IPAddress? {
        text.contains(":") == isV6 ? IPAddress(text) : nil
    }

    private static func isPort(_ text: String) -> Bool {
        UInt16(text).map { String($0) == text } ?? false
    }

    // MARK: Version 2

    private mutating func readBinary() -> Action {
        var header = bytes
        header.moveReaderIndex(forwardBy: Self.signature.count)
        guard let (versionAndCommand, family, length) = header.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self)
        else { return .wait }
        guard versionAndCommand >> 4 == 2 else { return .fail("the PROXY header has an unknown version") }
        guard Self.fixedBytes + Int(length) <= bytesMax else { return .fail("the PROXY header is too long") }
        guard header.readableBytes >= Int(length) else { return .wait }
        bytes.moveReaderIndex(forwardBy: Self.fixedBytes + Int(length))
        switch (versionAndCommand & 0x0F, family) {
        // LOCAL: a connection of the proxy itself.
        case (0, _): return .pass(bytes, client: nil)
        // Unspecified family, or Unix sockets.
        case (1, 0x00): return .pass(bytes, client: nil)
        case (1, 0x31), (1, 0x32):
            guard length >= 216 else { return .fail("the PROXY header is too short for its family") }
            return .pass(bytes, client: nil)
        case (1, 0x11), (1, 0x12):
            guard length >= 12, let source = header.readInteger(as: UInt32.self) else {
                return .fail("the PROXY header is too short for its family")
            }
            return .pass(bytes, client: IPAddress(v4: source))
        case (1, 0x21), (1, 0x22):
            guard length >= 36, let (high, low) = header.readMultipleIntegers(as: (UInt64, UInt64).self) else {
                return .fail("the PROXY header is too short for its family")
            }
            return .pass(bytes, client: IPAddress(high: high, low: low))
        default: return .fail("the PROXY header has an unknown command or family")
        }
    }
}

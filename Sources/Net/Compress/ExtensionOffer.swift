/// One element of `Sec-WebSocket-Extensions` (RFC 6455 section 9.1): an extension's name and parameters.
struct ExtensionOffer: Equatable {
    struct Parameter: Equatable {
        let name: String
        /// Without its quotes; nil if there is none.
        let value: String?
    }

    let name: String
    var parameters: [Parameter] = []

    /// Reads all values of the header, in order.
    ///
    /// - Throws: `malformed`, as the RFC requires, if a value does not follow the grammar.
    static func list(_ values: [String]) throws(UpgradeRefusal) -> [ExtensionOffer] {
        var offers: [ExtensionOffer] = []
        for value in values {
            var scanner = Scanner(rest: value.utf8[...])
            repeat {
                // A list may have empty elements (RFC 9110 section 5.6.1).
                guard !scanner.isBetweenElements else { continue }
                guard let offer = scanner.offer() else { throw .malformed("Sec-WebSocket-Extensions is malformed") }
                offers.append(offer)
            } while scanner.take(",")
            guard scanner.isAtEnd else { throw .malformed("Sec-WebSocket-Extensions is malformed") }
        }
        return offers
    }

    private struct Scanner {
        var rest: Substring.UTF8View

        var isAtEnd: Bool { rest.isEmpty }
        var isBetweenElements: Bool {
            mutating get {
                skipSpaces()
                return rest.first.map { $0 == UInt8(ascii: ",") } ?? true
            }
        }

        mutating func offer() -> ExtensionOffer? {
            guard let name = token() else { return nil }
            var offer = ExtensionOffer(name: name)
            while take(";") {
                guard let name = token() else { return nil }
                guard take("=") else {
                    offer.parameters.append(Parameter(name: name, value: nil))
                    continue
                }
                guard let value = take("\"") ? quoted() : token() else { return nil }
                offer.parameters.append(Parameter(name: name, value: value))
            }
            return offer
        }

        /// Skips spaces, then takes the character if it is the next one.
        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpaces()
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func skipSpaces() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

        private mutating func token() -> String? {
            skipSpaces()
            let token = rest.prefix(while: Self.isTokenByte)
            rest = rest.dropFirst(token.count)
            return token.isEmpty ? nil : String(Substring(token))
        }

        /// Reads a quoted string after its opening quote; the unescaped content must be a token.
        private mutating func quoted() -> String? {
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""): return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let escaped = rest.popFirst(), Self.isTokenByte(escaped) else { return nil }
                    bytes.append(escaped)
                default:
                    guard Self.isTokenByte(byte) else { return nil }
                    bytes.append(byte)
                }
            }
            return nil
        }

        /// RFC 9110 section 5.6.2.
        private static func isTokenByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }
}

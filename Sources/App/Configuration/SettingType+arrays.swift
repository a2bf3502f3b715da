internal import Net

extension SettingType<[String]> {
    /// Paths of files, relative to the configuration file.
    static let paths = SettingType(name: "array of paths", allowed: "files") { value in
        value.elements { text, _ in value.reading.resolve(text) }
    } write: {
        SettingValue.text(ofElements: $0)
    }
}

extension SettingType<[String]?> {
    /// Web origins as browsers send them, or `null`.
    static let optionalOrigins = SettingType(
        name: "array of strings or null", allowed: "https://host or https://host:port in lower case, also http"
    ) { value in
        if value.node.value == .null { return .some(nil) }
        return value.elements { text, reject in
            guard WebAddress.isOrigin(text) else {
                reject("expected an origin as a browser sends it: https://host or https://host:port, nothing after it")
                return nil
            }
            return text
        }
    } write: {
        $0.map { SettingValue.text(ofElements: $0) } ?? "null"
    }
}

extension SettingType<[AddressBlock]> {
    /// Addresses and blocks of addresses.
    ///
    /// - Parameter max: how many; each connection is compared with all of them.
    static func addressBlocks(max: Int) -> SettingType {
        SettingType(
            name: "array of strings", allowed: "addresses or blocks such as 10.0.0.0/8 and 2001:db8::7; at most \(max)"
        ) { value in
            if case .array(let elements) = value.node.value, elements.count > max {
                value.reject("has \(elements.count) entries; allowed: at most \(max)")
            }
            return value.elements { text, reject in
                guard let block = AddressBlock(text) else {
                    reject(
                        "expected an address or a block of addresses, such as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32, "
                            + "with no bits set behind the block's length")
                    return nil
                }
                return block
            }
        } write: {
            SettingValue.text(ofElements: $0.map(\.description))
        }
    }
}

extension SettingValue {
    /// The elements of an array of strings that are not empty; those that are wrong are issues and are left out.
    ///
    /// - Parameter convert: makes an element of a string, or records what is wrong with it.
    fileprivate func elements<Element>(_ convert: (String, _ reject: (String) -> Void) -> Element?) -> [Element]? {
        guard case .array(let elements) = node.value else {
            reject("expected an array of strings, found \(node.typeName)")
            return nil
        }
        return elements.enumerated().compactMap { index, element in
            let reject = { reading.add("\(path)[\(index)]", $0, at: element.position) }
            guard case .string(let text) = element.value else {
                reject("expected a string, found \(element.typeName)")
                return nil
            }
            guard !text.isEmpty, !text.utf8.contains(0) else {
                reject("must be a string that is not empty")
                return nil
            }
            return convert(text, reject)
        }
    }

    fileprivate static func text(ofElements elements: [String]) -> String {
        "[\(elements.map { SettingType<String>.string.write($0) }.joined(separator: ", "))]"
    }
}

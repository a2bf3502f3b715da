/// Reads the keys of one JSON object strictly: each key once, and no key unread.
struct SectionReader {
    private let path: String
    private let reading: ConfigReading
    private let members: [JSONNode.Member]
    private var known: [String] = []

    /// A reader of `node`, which must be an object; anything else is an issue and reads as an empty object.
    init(_ node: JSONNode, path: String, _ reading: ConfigReading) {
        self.path = path
        self.reading = reading
        guard case .object(let members) = node.value else {
            reading.add(path, "expected an object, found \(node.typeName)", at: node.position)
            self.members = []
            return
        }
        self.members = members
    }

    /// The value of a key, which is noted as known; nil if the file does not have it.
    mutating func value(_ key: String) -> SettingValue? {
        if !known.contains(key) { known.append(key) }
        guard let member = members.last(where: { $0.key == key }) else { return nil }
        return SettingValue(node: member.node, path: pathOf(key), position: member.keyPosition, reading: reading)
    }

    /// A reader of a nested object, whose key is noted as known; nil if the key is absent or `null`.
    mutating func section(_ key: String) -> SectionReader? {
        guard let value = value(key), value.node.value != .null else { return nil }
        return SectionReader(value.node, path: value.path, reading)
    }

    /// The last member at a path of keys, or the nearest object around it if the file does not have it.
    private func member(at path: String) -> (member: JSONNode.Member?, isExact: Bool) {
        var members = members
        var found: JSONNode.Member?
        for key in path.split(separator: ".") {
            guard let member = members.last(where: { $0.key == key }) else { return (found, false) }
            found = member
            if case .object(let inner) = member.node.value { members = inner } else { members = [] }
        }
        return (found, true)
    }

    /// True when the file gives the setting at this path a value other than `null`.
    func isSet(_ path: String) -> Bool {
        let place = member(at: path)
        return place.isExact && place.member?.node.value != .null
    }

    /// The position of a setting; that of the nearest enclosing object if the file does not have it.
    func position(of path: String) -> JSONPosition? { member(at: path).member?.keyPosition }

    /// Reports keys that nothing has read, and keys given twice.
    func finish() {
        var seen: Set<String> = []
        for member in members {
            let place = pathOf(member.key)
            if !seen.insert(member.key).inserted {
                reading.add(place, "given twice; keep one", at: member.keyPosition)
            } else if !known.contains(member.key) {
                let nearest = EditDistance.nearest(to: member.key, among: known)
                let hint =
                    nearest.map { "; did you mean \"\($0)\"?" } ?? "; known here: \(known.joined(separator: ", "))"
                reading.add(place, "unknown key\(hint)", at: member.keyPosition)
            }
        }
    }

    /// The path of a key in the whole document; a key that is not a plain word is quoted.
    private func pathOf(_ key: String) -> String {
        let isWord = !key.isEmpty && key.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        let name = isWord ? key : key.debugDescription
        return path.isEmpty ? name : "\(path).\(name)"
    }
}

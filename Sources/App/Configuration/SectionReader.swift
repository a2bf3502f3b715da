/// Reads the keys of one JSON object strictly: each key once, of the right type, in its range, and no key unread.
///
/// Every read returns a usable value (the default if the value is wrong), so that one reading finds every issue.
struct SectionReader {
    private let path: String
    private let issues: ConfigIssueList
    private let members: [JSONNode.Member]
    private var known: [String] = []

    /// A reader of `node`, which must be an object; anything else is an issue and reads as an empty object.
    init(_ node: JSONNode, path: String, issues: ConfigIssueList) {
        self.path = path
        self.issues = issues
        guard case .object(let members) = node.value else {
            issues.add(path, "expected an object, found \(node.typeName)", at: node.position)
            self.members = []
            return
        }
        self.members = members
    }

    /// True when the file gives the key a value other than `null`.
    func isSet(_ key: String) -> Bool {
        guard let node = find(key) else { return false }
        return node.value != .null
    }

    /// True when the file gives the key the value `null`.
    func isNull(_ key: String) -> Bool { find(key)?.value == .null }

    /// The value of a key, which is noted as known; nil if the file does not have it.
    mutating func node(_ key: String) -> JSONNode? {
        known.append(key)
        return find(key)
    }

    /// The path of a key in the whole document; a key that is not a plain word is quoted.
    func pathOf(_ key: String) -> String {
        let isWord = !key.isEmpty && key.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        let name = isWord ? key : key.debugDescription
        return path.isEmpty ? name : "\(path).\(name)"
    }

    /// Records an issue with the value of a key.
    func reject(_ key: String, _ text: String) {
        issues.add(pathOf(key), text, at: members.last { $0.key == key }?.keyPosition)
    }

    /// Records an issue with an element of an array.
    func reject(_ key: String, element: Int, _ text: String) {
        guard case .array(let elements) = find(key)?.value, elements.indices.contains(element) else { return }
        issues.add("\(pathOf(key))[\(element)]", text, at: elements[element].position)
    }

    /// The position of a value, by its path of keys; that of the nearest enclosing object if the key is absent.
    func position(of path: String) -> JSONPosition? {
        var members = members
        var position: JSONPosition?
        for key in path.split(separator: ".") {
            guard let member = members.last(where: { $0.key == key }) else { break }
            position = member.keyPosition
            guard case .object(let inner) = member.node.value else { break }
            members = inner
        }
        return position
    }

    /// Reads a nested object; `body` gets a reader for it, and unread keys in it are issues.
    ///
    /// - Returns: nil if the key is absent or `null`.
    mutating func section<Result>(_ key: String, _ body: (inout SectionReader) -> Result) -> Result? {
        guard let node = node(key), node.value != .null else { return nil }
        var section = SectionReader(node, path: pathOf(key), issues: issues)
        let result = body(&section)
        section.finish()
        return result
    }

    /// Reports keys that nothing has read, and keys given twice.
    func finish() {
        var seen: Set<String> = []
        for member in members {
            let place = pathOf(member.key)
            if !seen.insert(member.key).inserted {
                issues.add(place, "given twice; keep one", at: member.keyPosition)
            } else if !known.contains(member.key) {
                let nearest = EditDistance.nearest(to: member.key, among: known)
                let hint =
                    nearest.map { "; did you mean \"\($0)\"?" } ?? "; known here: \(known.joined(separator: ", "))"
                issues.add(place, "unknown key\(hint)", at: member.keyPosition)
            }
        }
    }

    private func find(_ key: String) -> JSONNode? { members.last { $0.key == key }?.node }
}

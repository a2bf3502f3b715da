internal import Glibc

/// The privileges of one thread as the kernel reports them, in `/proc/PID/task/TID/status`.
struct ThreadCredentials: Equatable {
    private let fields: [String: [Substring]]

    /// Reads the text of the file.
    init(status: String) {
        var fields: [String: [Substring]] = [:]
        for line in status.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[String(line[..<colon])] = line[line.index(after: colon)...].split { $0 == " " || $0 == "\t" }
        }
        self.fields = fields
    }

    /// The first privilege that the thread has beyond the account, as the kernel wrote it; nil if there is none.
    ///
    /// A missing line counts as a wrong one.
    func excess(over account: Account) -> String? {
        let user = Array(repeating: Substring("\(account.userID)"), count: 4)
        let group = Array(repeating: Substring("\(account.groupID)"), count: 4)
        for (name, expected) in [("Uid", user), ("Gid", group), ("NoNewPrivs", ["1"])]
        where fields[name] != expected { return line(name) }
        guard let groups = fields["Groups"]?.map({ gid_t($0) }), Set(groups) == Set(account.groups.map(Optional.init))
        else { return line("Groups") }
        for name in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            guard let set = fields[name]?.first, UInt64(set, radix: 16) == 0 else { return line(name) }
        }
        return nil
    }

    private func line(_ name: String) -> String { "\(name): \((fields[name] ?? ["missing"]).joined(separator: " "))" }
}

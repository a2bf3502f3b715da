/// Whether the pending migrations can be applied without a change to objects of another application.
///
/// The names that pending files create, and that no applied file has created, must be free. The only exceptions are the
/// tables and the function of nodejschat, which 0001 renames and 0006 replaces.
struct MigrationPreflight {
    /// The names to look up in the schema.
    let names: Set<SchemaName>
    /// Whether 0001, which renames nodejschat's tables, is to be applied.
    private let setsAside: Bool

    /// 0001 renames `sessions` and `log` to these.
    private static let (asideSessions, asideLog) = ("nodejschat_sessions", "nodejschat_log")

    /// Collects the names that a plan needs.
    init(_ plan: MigrationPlan) {
        var names = plan.pending.reduce(into: Set<SchemaName>()) { $0.formUnion($1.file.createdNames) }
        for candidate in plan.applied { names.subtract(candidate.file.createdNames) }
        setsAside = plan.applied.isEmpty
        if names.contains(.relation("sessions")) || names.contains(.function("new_message")) {
            names.formUnion([.relation(Self.asideSessions), .relation(Self.asideLog)])
        }
        self.names = names
    }

    /// The objects, among those found in the schema under `names`, that conflict with the plan.
    func conflicts(with found: [SchemaObject]) -> [SchemaObject] {
        let (sessions, log) = setsAside ? ("sessions", "log") : (Self.asideSessions, Self.asideLog)
        let isNodejschat =
            found.contains { $0.name == .relation(sessions) && NodejschatShape.isSessions($0) }
            && found.contains { $0.name == .relation(log) && NodejschatShape.isLog($0) }
        return found.filter { object in
            if !setsAside, [Self.asideSessions, Self.asideLog].contains(object.name.name) { return false }
            guard names.contains(object.name) else { return false }
            guard isNodejschat else { return true }
            if object.kind == "table", [sessions, log].contains(object.name.name) { return false }
            return !NodejschatShape.isNewMessage(object)
        }
    }
}

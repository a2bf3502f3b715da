internal import Rooms

/// The sessions as one server process reaches them: calls can fail as store calls do.
struct SimSessions: SessionStore {
    let world: World
    let process: ProcessID

    func session(key: String) async throws(StoreError) -> Session? {
        let process = process
        return try await call { world in
            let session = world.sessions[key]?.current
            world.note { "\(process) looks \(key) up: \(session?.userName ?? "no session")" }
            return session
        }
    }

    func refresh(fingerprints: [String]) async throws(StoreError) -> [String: Session] {
        let process = process
        return try await call { world in
            world.note { "\(process) looks \(fingerprints) up again" }
            let current = world.sessions.values.compactMap(\.current).filter { fingerprints.contains($0.fingerprint) }
            return Dictionary(uniqueKeysWithValues: current.map { ($0.fingerprint, $0) })
        }
    }

    private func call<Value: Sendable>(
        _ work: @escaping @Sendable (isolated World) -> Value
    ) async throws(StoreError) -> Value {
        let (world, process) = (world, process)
        return try await withCheckedContinuation { continuation in
            world.post { $0.carry(.session, from: process, { .ends(.success(work($0))) }, continuation) }
        }.get()
    }
}

internal import Rooms

/// The sessions as one server process reaches them: calls can fail as store calls do.
struct SimSessions: SessionStore {
    let world: World
    let process: ProcessID

    func session(key: String) async throws(StoreError) -> Session? {
        let process = process
        return try await call { world in
            world.note { "\(process) looks the session up: \(world.sessions.summary)" }
            return world.sessions.current
        }
    }

    func refresh(fingerprints: [String]) async throws(StoreError) -> [String: Session] {
        let process = process
        return try await call { world in
            world.note { "\(process) looks the session up again: \(world.sessions.summary)" }
            let current = world.sessions.current
            return current.map { fingerprints.contains($0.fingerprint) ? [$0.fingerprint: $0] : [:] } ?? [:]
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

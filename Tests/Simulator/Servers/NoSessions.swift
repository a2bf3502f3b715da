internal import Rooms

/// Sessions are not simulated: whoever comes is who he says.
struct NoSessions: SessionStore {
    func session(key: String) async throws(StoreError) -> Session? { nil }
    func refresh(fingerprints: [String]) async throws(StoreError) -> [String: Session] { [:] }
}

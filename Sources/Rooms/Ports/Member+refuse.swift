internal import CoreMetrics

extension Member {
    /// Sends an error: what the client sent is not stored, or may not be stored. From any isolation.
    nonisolated func refuse(_ code: WireError.Code, _ detail: String, clientID: String?, _ metrics: RoomMetrics) {
        switch code {
        case .notStored: metrics.messagesNotStored.increment()
        case .unavailable: metrics.messagesUnavailable.increment()
        default: break
        }
        send(Reply.error(WireError(code, detail, clientID: clientID)))
    }
}

internal import Rooms

extension StoreEvent {
    /// The event of a notification's payload (NOTIFY on the channel `chat`); nil if it is no news for this process.
    ///
    /// - Parameter token: identifies this process, which ignores its own notifications.
    init?(payload: String, token: String) {
        let parts = payload.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1).map(Substring.init)
        switch (parts.first, parts.dropFirst().first) {
        case ("inbox", nil): self = .inbox
        case ("session", "*"), ("epoch", nil): self = .resync
        case ("session", let fingerprint?): self = .sessionChanged(fingerprint: String(fingerprint))
        case ("news", let news?):
            guard let news = DoorbellPayload(news), news.sender != token else { return nil }
            self = news.positions.map { .news($0) } ?? .resync
        default: return nil
        }
    }
}

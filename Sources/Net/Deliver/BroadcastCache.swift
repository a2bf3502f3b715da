internal import Rooms

/// What one event loop has made of the broadcast in progress: one value for each of the two forms that clients receive.
struct BroadcastCache<Value> {
    private var full: (broadcast: Broadcast, value: Value)?
    private var messagesOnly: (broadcast: Broadcast, value: Value)?

    /// The value of this broadcast; nil if there is none, or only one of another broadcast.
    subscript(_ broadcast: Broadcast) -> Value? {
        get {
            let kept = broadcast.view == .changes ? full : messagesOnly
            return kept?.broadcast === broadcast ? kept?.value : nil
        }
        set {
            let new = newValue.map { (broadcast, $0) }
            if broadcast.view == .changes { full = new } else { messagesOnly = new }
        }
    }

    mutating func removeAll() { self = BroadcastCache() }
}

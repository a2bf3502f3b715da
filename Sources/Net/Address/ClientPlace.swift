/// Where a connection's client is, and its place among the sockets of that address.
///
/// Whoever holds this value gives the place back with `leave`.
struct ClientPlace {
    /// The client's address, as far as it is known.
    private(set) var address: IPAddress
    /// What came of counting it; nil while it is not counted.
    private(set) var admission: AddressCounts.Admission?

    /// A place that is not counted yet, because a proxy may still tell of another client.
    init(of address: IPAddress) { self.address = address }

    /// The client turned out to be at this address, and is counted there unless it is already.
    mutating func settle(at address: IPAddress, in counts: AddressCounts) {
        guard admission == nil || self.address != address else { return }
        leave(counts)
        self.address = address
        admission = counts.enter(address)
    }

    /// Gives the place back; more often than once does nothing.
    mutating func leave(_ counts: AddressCounts) {
        if let admission, admission != .farTooMany { counts.leave(address) }
        admission = nil
    }
}

/// The client address of a connection, and its place in the count of that address.
///
/// The holder of this value must call `leave`.
struct ClientPlace {
    /// The client's address, as far as it is known.
    private(set) var address: IPAddress
    /// The result of counting it; nil while it is not counted.
    private(set) var admission: AddressCounts.Admission?

    /// A place that is not counted yet, because a proxy may still name another client.
    init(of address: IPAddress) { self.address = address }

    /// Sets the client's address and counts the socket there, unless that is done already.
    mutating func settle(at address: IPAddress, in counts: AddressCounts) {
        guard admission == nil || self.address != address else { return }
        leave(counts)
        self.address = address
        admission = counts.enter(address)
    }

    /// Removes the socket from the count; further calls do nothing.
    mutating func leave(_ counts: AddressCounts) {
        if let admission, admission != .farTooMany { counts.leave(address) }
        admission = nil
    }
}

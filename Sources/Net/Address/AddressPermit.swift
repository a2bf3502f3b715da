/// The client address of a socket, and the permit that the socket takes from the count of that address.
///
/// The holder of this value must call `release`.
struct AddressPermit {
    /// The client's address, as far as it is known.
    private(set) var address: IPAddress
    /// The result of counting it; nil while it is not counted.
    private(set) var admission: AddressCounts.Admission?

    /// A socket that is not counted yet, because a proxy may still name another client.
    init(for address: IPAddress) { self.address = address }

    /// Sets the client's address and counts the socket there, unless that is done already.
    mutating func acquire(for address: IPAddress, from counts: AddressCounts) {
        guard admission == nil || self.address != address else { return }
        release(to: counts)
        self.address = address
        admission = counts.enter(address)
    }

    /// Removes the socket from the count; further calls do nothing.
    mutating func release(to counts: AddressCounts) {
        if let admission, admission != .farTooMany { counts.leave(address) }
        admission = nil
    }
}

/// The server under attack, and how hard it is attacked.
package struct AttackTarget: Sendable {
    /// The port for WebSockets on 127.0.0.1.
    package let port: Int
    /// 1 for the full attack; less for fewer sockets.
    package let scale: Double
    /// Sessions `k1`, `k2`, … there are, for attackers that are users.
    package let sessions: Int

    /// A server on a port of this machine.
    package init(port: Int, scale: Double, sessions: Int) {
        self.port = port
        self.scale = scale
        self.sessions = sessions
    }

    func count(_ full: Int) -> Int { max(1, Int(Double(full) * scale)) }
    func key(_ number: Int) -> String { "k\(number % sessions + 1)" }

    /// Users who have logged in and asked for no history, each by a session of its own.
    func users(_ full: Int, headers: [String] = []) throws(AttackFailure) -> [AttackSocket] {
        var users: [AttackSocket] = []
        for number in 0..<count(full) {
            users.append(try .upgraded(port, "session_key=\(key(number))&history=0", headers: headers))
        }
        return users
    }

    /// Sends pieces again and again, as fast as the server takes them, on sockets that never read, until all of these are ended
    /// or half a minute has passed; then reads how each ends.
    func flood(_ sockets: [AttackSocket], with bytes: [UInt8]) -> Outcomes {
        let end = AttackClock.now + 30
        var taken = 0
        // A piece that was taken in part must be finished before the next begins.
        var rests = [ArraySlice<UInt8>](repeating: bytes[...], count: sockets.count)
        var isOpen = [Bool](repeating: true, count: sockets.count)
        while AttackClock.now < end, isOpen.contains(true) {
            var isBusy = false
            for index in sockets.indices where isOpen[index] {
                guard let count = sockets[index].offer(Array(rests[index])) else {
                    isOpen[index] = false
                    continue
                }
                taken += count
                isBusy = isBusy || count > 0
                rests[index] = count == rests[index].count ? bytes[...] : rests[index].dropFirst(count)
            }
            if !isBusy { AttackClock.pause(0.001) }
        }
        var outcomes = Outcomes()
        outcomes.remark = "\(taken >> 20) MiB taken"
        outcomes.add(sockets, within: 3)
        return outcomes
    }

    /// One user after another sends these bytes and is read to its end.
    func send(_ bytes: [UInt8], byUsers full: Int) throws(AttackFailure) -> Outcomes {
        var outcomes = Outcomes()
        for number in 0..<count(full) {
            let user = try AttackSocket.upgraded(port, "session_key=\(key(number))&history=0")
            user.send(bytes)
            outcomes.add([user])
        }
        return outcomes
    }
}

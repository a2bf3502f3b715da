extension Attack {
    static let handshakes: [Attack] = [
        // One byte now and then, so that no time-out between two bytes ever ends it.
        Attack("slow handshakes", expect: ["ended", "HTTP 408"]) { target in
            let sockets = try (0..<target.count(1000)).map { _ in try AttackSocket(target.port) }
            let request = AttackSocket.upgradeRequest(
                "session_key=k1", headers: ["X: \(String(repeating: "x", count: 2000))"])
            var isOpen = true
            for byte in request where isOpen {
                for socket in sockets { isOpen = socket.offer([byte]) != nil && isOpen }
                AttackClock.pause(0.1)
            }
            var outcomes = Outcomes()
            outcomes.add(sockets)
            return outcomes
        },
        Attack("half-open sockets", expect: ["ended", "HTTP 408"]) { target in
            let sockets = try (0..<target.count(2000)).map { _ in try AttackSocket(target.port) }
            var outcomes = Outcomes()
            outcomes.add(sockets)
            return outcomes
        },
        Attack("upgraded, never logged in", expect: ["close 4408"]) { target in
            let sockets = try (0..<target.count(1000)).map { _ in try AttackSocket.upgraded(target.port, "") }
            var outcomes = Outcomes()
            outcomes.add(sockets)
            return outcomes
        },
        Attack("header bombs", expect: ["HTTP 400", "HTTP 431", "reset"]) { target in
            let long = (0..<2000).map { "X-\($0): \(String(repeating: "a", count: 2000))\r\n" }.joined()
            let many = (0..<100).map { "X-\($0): a\r\n" }.joined()
            let wide = "X: \(String(repeating: "a", count: 20_000))\r\n"
            var outcomes = Outcomes()
            for _ in 0..<target.count(100) {
                for fields in [long, many, wide] {
                    let socket = try AttackSocket(target.port)
                    socket.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n".utf8))
                    outcomes.add([socket])
                }
            }
            return outcomes
        },
        Attack("smuggled requests", expect: ["HTTP 400", "HTTP 405", "HTTP 426", "ended"]) { target in
            let requests = [
                "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
                "GET / HTTP/1.1\nHost: x\n\n",
                "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
                String(
                    decoding: AttackSocket.upgradeRequest("session_key=k1", headers: ["Content-Length: 9"]),
                    as: UTF8.self),
                String(
                    decoding: AttackSocket.upgradeRequest("session_key=k1", headers: ["Transfer-Encoding: chunked"]),
                    as: UTF8.self),
            ]
            var outcomes = Outcomes()
            for _ in 0..<target.count(50) {
                for request in requests {
                    let socket = try AttackSocket(target.port)
                    socket.send(Array(request.utf8))
                    outcomes.add([socket])
                }
            }
            return outcomes
        },
        Attack("guessed keys", expect: ["close 4401"]) { target in
            var outcomes = Outcomes()
            for number in 0..<target.count(2000) {
                let socket = try AttackSocket.upgraded(target.port, "session_key=guess\(number)")
                outcomes.add([socket])
            }
            return outcomes
        },
    ]
}

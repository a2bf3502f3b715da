extension Attack {
    static let commands: [Attack] = [
        Attack("JSON 30,000 deep", expect: ["close 4429", "reset"]) { target in
            let users = try target.users(20)
            let deep = String(repeating: "[", count: 30_000) + String(repeating: "]", count: 30_000)
            return target.flood(users, with: AttackFrame.text("{\"message\":\(deep)}"))
        },
        // Who does not read for a second longer does not see the close frame.
        Attack("messages, nothing read", expect: ["close 4429", "ended", "reset"]) { target in
            let users = try target.users(4)
            let message = AttackFrame.text("{\"message\":\"\(String(repeating: "f", count: 1000))\"}")
            return target.flood(users, with: message)
        },
        Attack("tiny unknown commands", expect: ["close 4429", "reset"]) { target in
            let users = try target.users(20)
            let commands = [[UInt8]](repeating: AttackFrame.text("{}"), count: 1000).flatMap(\.self)
            return target.flood(users, with: commands)
        },
        Attack("history asked for, not read", expect: ["close 4429", "ended", "reset"]) { target in
            let users = try target.users(20)
            let request = [[UInt8]](
                repeating: AttackFrame.text("{\"history\":{\"before\":9007199254740991,\"limit\":1000}}"), count: 100
            ).flatMap(\.self)
            return target.flood(users, with: request)
        },
    ]
}

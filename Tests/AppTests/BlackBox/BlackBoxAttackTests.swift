import Attacks
import Foundation
import TestKit
import Testing

extension BlackBox {
    /// Every attack that `attack` measures, small, against the built App.
    @Suite struct Attackers {
        @Test func endAsTheyShouldAndBystandersMissNothing() async throws {
            let sessions = (1...20).map { "('k\($0)','attacker \($0)',0)" } + ["('b1','bystander',0)"]
            try await withApp(
                ", \"limits\": {\"handshake_timeout_s\": 1}", sessions: sessions.joined(separator: ", ")
            ) { app in
                let target = AttackTarget(port: await app.wsPort, scale: 0.03, sessions: 20)
                let bystander = try await Bystander(target.port, key: "b1")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await bystander.chat(every: .milliseconds(100)) }
                    for attack in Attack.all {
                        let outcomes = try await attack.run(on: target)
                        #expect(outcomes.kinds.isSubset(of: attack.expected), "\(attack): \(outcomes)")
                        #expect(!outcomes.kinds.isEmpty, "\(attack)")
                    }
                    bystander.stop()
                    try await group.waitForAll()
                }
            }
        }
    }
}

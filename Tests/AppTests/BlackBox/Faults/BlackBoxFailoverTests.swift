import TestKit
import Testing

extension BlackBox {
    /// A primary with a synchronous standby, and a server that knows both.
    @Suite struct Failover {
        @Test func promotedStandbyHasAllThatWasAcknowledgedUnderANewEpoch() async throws {
            try await TrialCluster.withStandby { primary, standby, url in
                _ = try await Trial.run(url) { trial in
                    let (witness, before) = try await ChatClient.join(
                        await trial.app.wsPort, "session_key=t0&history=0")
                    try await witness.leave()
                    await trial.answers.reach(100)
                    try await primary.killAll()
                    try await standby.promote()
                    await trial.answers.reach(100)
                    let after = try await self.resume(before, trial)
                    #expect(after.reset == "epoch")
                    #expect(after.epoch != before.epoch)
                }
            }
        }

        /// Comes back where a client of the old primary had been, until the room has looked at the new one.
        private func resume(_ welcome: ChatFrame, _ trial: Trial) async throws -> ChatFrame {
            let place = "after=\(welcome.lastSeq ?? 0)&epoch=\(welcome.epoch ?? "")"
            while true {
                do {
                    let (client, again) = try await ChatClient.join(
                        await trial.app.wsPort, "session_key=t0&\(place)")
                    try await client.cut()
                    if again.resumed != true { return again }
                } catch is ChatClient.Farewell {
                    // Not everything is connected again.
                }
            }
        }
    }
}

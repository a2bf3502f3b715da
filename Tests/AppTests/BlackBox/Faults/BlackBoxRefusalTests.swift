import TestKit
import Testing

extension BlackBox {
    /// PostgreSQL answers, and refuses.
    @Suite struct Refusals {
        @Test(.enabled("mounting a file system is not permitted here", SmallDisk.isPermitted))
        func fullDiskIsToldToTheSendersUntilThereIsSpace() async throws {
            try await SmallDisk.with(megabytes: 96) { disk in
                try await TrialCluster.with(in: "\(disk.directory)/cluster") { cluster in
                    let trial = try await Trial.run(cluster.url) { trial in
                        disk.fill()
                        // Over a working connection: a refusal, and no outage.
                        let refused = await trial.app.line { $0.contains("\"event\":\"message_not_stored\"") }
                        // "disk_full"
                        #expect(refused?.contains("53100") == true)
                        disk.clear()
                        await trial.answers.reach(100)
                    }
                    await trial.expectNobodyLeft()
                }
            }
        }

        @Test(.enabled("mounting a file system is not permitted here", SmallDisk.isPermitted))
        func fullDiskThatEndsTheEmbeddedDatabaseOnlyDelays() async throws {
            try await SmallDisk.with(megabytes: 128) { disk in
                let place = "\(disk.directory)/cluster"
                let url = "host='\(place)/socket' port=5432 user=postgres dbname=postgres"
                let trial = try await Trial.run(url, serverURL: "embedded:\(place)") { trial in
                    disk.fill()
                    // The next write needs a new segment of the write-ahead log: without it PostgreSQL gives up. This
                    // very statement may be the first to be told so.
                    _ = try? await trial.sql.run("select pg_switch_wal()")
                    #expect(await trial.app.line { $0.contains("\"event\":\"embedded_postgresql_ended\"") } != nil)
                    disk.clear()
                    await trial.answers.reach(100)
                }
                await trial.expectNobodyLeft()
            }
        }

        @Test func refusalAtTheCommitLeavesTheNeighboursStored() async throws {
            let prepare = """
                create function refuse() returns trigger language plpgsql as
                    $$ begin raise exception 'refused' using errcode = 'CH007'; end $$;
                create constraint trigger refuse after insert on log deferrable initially deferred
                    for each row when (new.message like '%7') execute function refuse()
                """
            let trial = try await Trial.run(PostgresFixture.shared.database(), prepare: prepare) { trial in
                // Also neighbours by the same sender.
                let (client, _) = try await ChatClient.join(await trial.app.wsPort, "session_key=t0&history=0")
                for number in 11...40 { client.say("without id \(number)") }
                var shown: [Int] = []
                var refusals = 0
                while shown.count + refusals < 30 {
                    let frame = try await client.next()
                    if frame.error == "not_stored" { refusals += 1 }
                    if frame.id == nil, let number = frame.message?.suffix(2) { shown.append(Int(number) ?? 0) }
                }
                #expect(refusals == 3)
                #expect(shown == (11...40).filter { $0 % 10 != 7 })
                await trial.answers.reach(100)
            }
            await trial.expectNobodyLeft()
            for guest in trial.guests {
                let (stored, refused) = (await guest.stored, await guest.refused)
                #expect(!refused.isEmpty)
                #expect(refused.allSatisfy { $0.hasSuffix("7") })
                #expect(!stored.contains { $0.hasSuffix("7") })
            }
        }
    }
}

import DB
import Rooms
import TestKit
import Testing

/// Random statements on a real database and on the model of it by which the simulation judges the core: both must give
/// the same answers.
@Suite(.timeLimit(.minutes(3)))
struct StoreModelTests {
    @Test(.serialized, arguments: 1...6)
    func theDatabaseDoesWhatTheModelOfTheSimulationDoes(seed: UInt64) async throws {
        let url = try await PostgresFixture.shared.database()
        try await withDatabase(url: url) { first, sql in
            try await withDatabase(url: url) { second, _ in
                try await sql.run(StoreAndModel.triggers)
                var both = StoreAndModel(databases: [first, second], sql: sql, seed: seed)
                for step in 1...150 {
                    let what = try await both.step()
                    try await both.read()
                    let differences = both.differences
                    #expect(differences.isEmpty, "seed \(seed), step \(step): \(what)")
                    guard differences.isEmpty else { return }
                }
                // So much has been tried.
                #expect(both.stored > 50)
                #expect(both.refused > 2)
            }
        }
    }
}

import Foundation
import Glibc
import Synchronization
import Testing

@testable import DB

@Suite(.timeLimit(.minutes(2)))
struct PostgresCommandTests {
    /// A child that takes locks of the C library between fork and exec waits for ever if a thread held one at the fork.
    @Test(.enabled(if: geteuid() == 0, "needs root, to run a program as somebody else"))
    func runsAsTheOwnerWhileThreadsComeAndGo() async throws {
        let owner = try #require(try ClusterOwner.current(user: nil))
        let command = PostgresCommand(programs: "/usr/bin", owner: owner)
        let isOver = Mutex(false)
        for _ in 0..<2 {
            Thread.detachNewThread {
                while !isOver.withLock({ $0 }) {
                    var thread = pthread_t()
                    guard pthread_create(&thread, nil, { _ in nil }, nil) == 0 else { continue }
                    pthread_join(thread, nil)
                }
            }
        }
        defer { isOver.withLock { $0 = true } }
        for _ in 0..<100 {
            let answer = try await command.run("id", ["-u"])
            #expect(answer.output == "\(owner.userID)\n")
        }
        #expect(try await command.run("id", ["-G"]).output == "\(owner.groupID)\n")
    }
}

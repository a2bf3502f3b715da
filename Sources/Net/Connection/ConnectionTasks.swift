/// The tasks of one loop's connections: each logs in, then converses in a second task, because a task keeps the memory
/// of its deepest calls.
///
/// The runtime finds a task that ends by walking through all tasks of its group (`removeChildTask` in
/// `stdlib/public/Concurrency`). With thousands in one group that walk was half of the time of a disconnect, and of each
/// login beside them. So conversations are divided into `NetLimits.conversationGroups` groups, and logins have one of
/// their own.
struct ConnectionTasks: Sendable {
    private struct Group: Sendable {
        let arrivals: AsyncStream<Connection>
        let enter: AsyncStream<Connection>.Continuation

        init(max: Int) { (arrivals, enter) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(max)) }
    }

    private let logins: Group
    private let conversations: [Group]

    /// No tasks yet.
    ///
    /// - Parameter connectionsMax: the maximum of open connections.
    init(connectionsMax: Int) {
        // A connection enters each group once. Twice the bound, because closed connections may still be queued.
        let max = 2 * connectionsMax
        logins = Group(max: max)
        conversations = (0..<NetLimits.conversationGroups).map { _ in Group(max: max) }
    }

    /// Starts the login of a connection. From any isolation.
    func logIn(_ connection: Connection) { logins.enter.yield(connection) }

    /// Runs the tasks until cancelled, on the executor that the caller's task prefers.
    func run() async {
        await withDiscardingTaskGroup { tasks in
            for group in conversations {
                tasks.addTask {
                    await withDiscardingTaskGroup { tasks in
                        for await connection in group.arrivals { tasks.addTask { await connection.converse() } }
                    }
                }
            }
            for await connection in logins.arrivals {
                tasks.addTask { if await connection.logIn() { converse(connection) } }
            }
        }
    }

    private func converse(_ connection: Connection) {
        let hash = UInt(bitPattern: ObjectIdentifier(connection).hashValue)
        conversations[Int(hash % UInt(conversations.count))].enter.yield(connection)
    }
}

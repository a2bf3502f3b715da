/// The limits of this module: every queue, wait and size has one.
package enum DBLimits {
    /// How long a connection attempt may take before the next one is made.
    package static let connectDeadline: Duration = .seconds(5)
    /// How long the resolution of a host name may take; less than `connectDeadline`.
    package static let resolverDeadline: Duration = .seconds(3)
    /// How many host names are resolved at once, each by a thread.
    package static let resolverThreadsMax = 4
    /// How many connection attempts may wait for a host name.
    package static let resolverWaitersMax = 256
    /// How many addresses of one host name are tried.
    package static let addressesPerHostMax = 8
    /// How long a statement may take before its connection is closed; together with a new connection attempt, a
    /// database that drops all packets is detected within 20 s.
    package static let queryDeadline: Duration = .seconds(12)
    /// How long the database works on a statement before it cancels it; less than `queryDeadline`.
    package static let statementTimeout: Duration = .seconds(10)
    /// How long the database works on one batch of messages before it cancels it: the batch holds the locks of its
    /// rooms, and the next batch may be smaller. Less than `statementTimeout`.
    package static let batchTimeout: Duration = .seconds(2)
    /// How long one migration file may take.
    package static let migrationDeadline: Duration = .seconds(3600)
    /// The pause before the second connection attempt; it doubles with each further one.
    package static let backoffFirst: Duration = .milliseconds(100)
    /// The longest pause between two connection attempts.
    package static let backoffMax: Duration = .seconds(5)
    /// How long a connection must have lasted to be replaced without a pause when it breaks.
    package static let steadyConnection: Duration = .seconds(1)
    /// How long the start waits for a database before it reports that it waits.
    package static let waitNoticeDelay: Duration = .seconds(1)
    /// How often an idle connection is probed.
    package static let poolProbeInterval: Duration = .seconds(5)
    /// How long the answer to that probe may take.
    package static let poolProbeDeadline: Duration = .seconds(10)
    /// How many urgent statements may wait for a connection of one pool.
    package static let poolUrgentWaitersMax = 4096
    /// How many statements that read pages of messages may wait for a connection of one pool.
    package static let poolBulkWaitersMax = 4096
    /// How many attempts one statement gets if it may be repeated (connection lost, deadlock).
    package static let attemptsMax = 2
    /// How many rounds of jobs the database's thread runs before it polls its sockets again.
    static let jobRoundsMax = 16
    /// How many callers may wait for a session lookup.
    package static let sessionLookupsMax = 20_000
    /// How many session keys one query looks up.
    package static let sessionKeysPerQueryMax = 1000
    /// The longest session key, in bytes; a longer key counts as unknown.
    package static let sessionKeyBytesMax = 1024
    /// How many store events wait for their reader before they are replaced by `StoreEvent.resync`.
    package static let storeEventsMax = 256
    /// The longest payload of a notification, in bytes (manual, NOTIFY: "shorter than 8000 bytes").
    package static let payloadBytesMax = 7999
    /// How often the listening connection is probed while it is silent.
    package static let listenProbeInterval: Duration = .seconds(5)
    /// How long the answer to that probe may take.
    package static let listenProbeDeadline: Duration = .seconds(5)
    /// How often availability is checked while a caller waits for it.
    package static let availabilityCheckInterval: Duration = .milliseconds(100)
    /// How many bytes of a database's error text are kept.
    package static let errorTextBytesMax = 500

    /// How long the start of an embedded cluster may take, including recovery after a crash.
    package static let clusterStartSeconds = 300
    /// How long a cluster that is already running may take to answer before it is restarted.
    package static let clusterAnswerDeadline: Duration = .seconds(60)
    /// How long a fast shutdown of an embedded cluster may take before it becomes an immediate one.
    package static let clusterStopSeconds = 30
    /// How often an embedded cluster is checked.
    package static let clusterCheckInterval: Duration = .milliseconds(250)
    /// How long to wait for another process that is starting or stopping the same cluster.
    package static let clusterLockDeadline: Duration = .seconds(310)
    /// The longest path of a Unix socket (`sun_path`, unix(7)), without its closing zero byte.
    package static let socketPathBytesMax = 107
    /// The size above which the embedded cluster's log is rotated when the cluster starts.
    package static let clusterLogBytesMax = 16 << 20
    /// How many of the last lines of the cluster's log a failed start reports.
    package static let clusterLogLinesReported = 5
}

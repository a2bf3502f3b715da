internal import Rooms

/// What kind of world a seed makes: how many there are of everybody, how small every limit is, and what goes wrong.
struct Profile: Sendable {
    /// How the hints between processes fare.
    enum Bus: Sendable {
        /// None is lost, though they come late, twice and in any order; and nobody looks by itself. What then still
        /// needs looking (crashes, the inbox, a changed past) does not happen in such a world.
        case trusted
        /// Some are lost; every process looks by itself now and then.
        case lossy
        /// None ever arrives.
        case dead
    }

    /// How often, of a thousand calls of the store, each of these happens.
    struct CallFaults: Sendable {
        var lostBefore = 0
        var lostAfter = 0
        var lateAfterFailure = 0
        var hangs = 0
        var slow = 0
    }

    var servers = 1
    var loopsPerServer = 1
    var rooms = 1
    var clients = 3
    var bus = Bus.lossy
    /// Virtual microseconds during which things go wrong.
    var faultMicroseconds: Int64 = 8_000_000
    /// Messages that clients say in that time, all together.
    var sends = 30
    /// Messages of SQL clients.
    var inboxMessages = 0
    var faults = CallFaults()
    var dropHintsPerMille = 0
    /// How often each of these happens.
    var crashes = 0
    var stops = 0
    var outages = 0
    var restores = 0
    var prunes = 0
    var deafness = 0
    var loopPauses = 0
    var disconnects = 0
    var stalls = 0
    /// Upper bounds of a trip, microseconds.
    var storeTripMicrosecondsMax = 2000
    var netTripMicrosecondsMax = 2000
    var stepMicrosecondsMax = 0
    /// Frames between a connection and its client, and frames that may wait behind them.
    var windowFrames = 4
    var queueFramesMax = 4
    var fetchWorkers = 2
    /// Members of one loop to whom broadcasts are offered in one turn, and bytes up to which broadcasts become one.
    var membersPerTurnMax = 1
    var mergedBytesMax = 0
    /// Whether clients say where they are without saying in which past.
    var omitsEpoch = false
    /// Whether broadcasts reach the members of a loop late, in another order, or twice: more than they may.
    var hasLooseHops = false
    /// Whether clients come one after another and not all at the beginning.
    var hasLateComers = false
    /// Visits with the session that changes, and whether processes look at sessions without being told to.
    var visits = 0
    var sweepsSessions = false
    var will = Will()
    var limits = RoomLimits()

    /// The world of a seed.
    init(_ chances: inout Chances) {
        servers = chances.pick(of: [1, 2, 2, 3])
        loopsPerServer = chances.pick(1...2)
        rooms = chances.pick(1...3)
        clients = chances.pick(3...7)
        bus = chances.pick(of: [.trusted, .lossy, .lossy, .dead])
        faultMicroseconds = Int64(chances.pick(3...8)) * 1_000_000
        sends = chances.pick(20...60)
        storeTripMicrosecondsMax = chances.pick(of: [300, 2000, 10_000, 40_000])
        netTripMicrosecondsMax = chances.pick(of: [300, 2000, 10_000, 40_000])
        stepMicrosecondsMax = chances.pick(of: [0, 10, 100, 400])
        windowFrames = chances.pick(1...6)
        queueFramesMax = chances.pick(1...6)
        fetchWorkers = chances.pick(1...2)
        membersPerTurnMax = chances.pick(1...4)
        mergedBytesMax = chances.pick(of: [0, 300, 1 << 20])
        disconnects = chances.pick(0...8)
        stalls = chances.pick(0...8)
        loopPauses = chances.pick(0...4)
        deafness = chances.pick(0...2)
        outages = chances.pick(0...2)
        prunes = chances.happens(perMille: 300) ? chances.pick(1...3) : 0
        if chances.happens(perMille: 800) {
            let often = chances.pick(of: [10, 50, 150])
            faults = CallFaults(
                lostBefore: chances.pick(0...often), lostAfter: chances.pick(0...often),
                lateAfterFailure: chances.pick(0...often), hangs: chances.pick(0...often / 2),
                slow: chances.pick(0...often))
        }
        hasLooseHops = chances.happens(perMille: 250)
        hasLateComers = chances.happens(perMille: 500)
        setLimits(&chances)
        visits = chances.happens(perMille: 400) ? chances.pick(1...8) : 0
        sweepsSessions = bus != .lossy || chances.happens(perMille: 500)
        limits.sweepsPerSession = 1
        will = Will(&chances, mayNeedLooks: bus != .trusted)
        if bus != .trusted {
            crashes = chances.pick(0...3)
            stops = chances.pick(0...2)
            restores = chances.happens(perMille: 250) ? chances.pick(1...2) : 0
            inboxMessages = chances.pick(0...12)
            dropHintsPerMille = chances.pick(of: [0, 100, 500])
            omitsEpoch = restores == 0 && chances.happens(perMille: 100)
        }
    }

    /// The calls of the store with which a process that has nothing to do looks for itself in so much time: the inbox, the
    /// epoch, and the rooms, perhaps each for itself; and some that end what was before.
    func idleCallsMax(microseconds: Int64) -> Int {
        let looks = Int(microseconds / limits.lookInterval.wholeMicroseconds) + 2
        return looks * (2 + 2 * rooms) + 6
    }

    /// Limits so small that each of them bites.
    private mutating func setLimits(_ chances: inout Chances) {
        limits.recentPerRoom = chances.pick(of: [0, 1, 3, 5, 8, 256])
        limits.recentBytesMax = chances.pick(of: [200, 4 << 20, 4 << 20])
        limits.historyOnJoin = chances.pick(0...6)
        limits.historyMax = chances.pick(6...12)
        limits.historyBytesMax = chances.pick(of: [1, 300, 1 << 20, 1 << 20])
        limits.pageMessagesMax = chances.pick(of: [1, 2, 3, 4, 128])
        limits.pageBytesMax = chances.pick(of: [1, 200, 256 << 10, 256 << 10])
        limits.queueMessagesMax = chances.pick(of: [2, 4, 20_000, 20_000, 20_000])
        limits.batchMessagesMax = chances.pick(of: [1, 2, 4, 8, 2000])
        limits.batchBytesMax = chances.pick(of: [1, 100, 4 << 20, 4 << 20])
        limits.batchShrink = chances.pick(2...8)
        limits.batchTarget = .milliseconds(chances.pick(of: [20, 500]))
        limits.inboxTarget = .milliseconds(chances.pick(of: [10, 50]))
        limits.inboxMessagesMax = chances.pick(of: [1, 2, 5, 2000])
        limits.inboxBytesMax = chances.pick(of: [1, 20, 4 << 20, 4 << 20])
        limits.slowRoomBatches = chances.pick(of: [0, 1, 4, 32])
        limits.slowAttemptsMax = chances.pick(1...3)
        limits.repeatsWaitingMax = chances.pick(of: [1, 2, 1024])
        limits.batchMessagesFirst = chances.pick(of: [1, 2, 64])
        limits.slowMessagesFirst = chances.pick(of: [1, 2, 16])
        limits.slowRoomsMax = chances.pick(0...2)
        limits.undeliveredBatchesMax = chances.pick(1...3)
        limits.doorbellRoomsMax = chances.pick(1...3)
        limits.catchUpRoomsMax = chances.pick(1...3)
        limits.catchUpBytesMax = chances.pick(of: [1, 20, 4 << 20, 4 << 20])
        limits.lookInterval = bus == .trusted ? .seconds(86_400) : .milliseconds(chances.pick(300...1000))
        limits.retryPause = .milliseconds(chances.pick(20...250))
    }
}

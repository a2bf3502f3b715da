internal import Net
internal import Rooms

/// The kind of world that a seed makes: the numbers of servers, rooms and clients, the limits, and the faults.
struct Profile: Sendable {
    /// How reliable the hints between processes are.
    enum Bus: Sendable {
        /// None is lost, though they come late, twice and in any order; and processes make no regular checks. Events
        /// that still need a check (crashes, the inbox, a changed epoch) do not occur in such a world.
        case trusted
        /// Some are lost; every process makes regular checks.
        case lossy
        /// None ever arrives.
        case dead
    }

    /// How many of a thousand store calls have each of these faults.
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
    /// Virtual microseconds during which faults are active.
    var faultMicroseconds: Int64 = 8_000_000
    /// Messages that all clients together send in that time.
    var sends = 30
    /// Changes of messages that all clients together want in that time.
    var changes = 0
    /// How many of a thousand clients ask for the changes of messages.
    var askersPerMille = 0
    /// The time in which authors may change their messages, seconds; nil for no end.
    var editWindowSeconds: Int?
    /// Messages of SQL clients, and changes of messages.
    var inboxMessages = 0
    var inboxChanges = 0
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
    /// Frames in transit between a connection and its client, and frames that may wait in the queue.
    var windowFrames = 4
    var queueFramesMax = 4
    var fetchWorkers = 2
    /// Members of one loop that are offered broadcasts in one turn, and the maximum bytes of a merged broadcast.
    var membersPerTurnMax = 1
    var mergedBytesMax = 0
    /// Whether clients resume with a cursor but without an epoch.
    var omitsEpoch = false
    /// Whether broadcasts reach the members of a loop late, out of order or twice, which `Outlet` does not allow.
    var hasLooseHops = false
    /// Whether clients connect one after another and not all at the beginning.
    var hasLateComers = false
    /// The number of visits with the changing session, and whether processes sweep sessions regularly.
    var visits = 0
    var sweepsSessions = false
    var will = Will()
    var limits = RoomLimits()
    var netLimits = NetLimits()

    /// The world of a seed.
    init(_ chances: inout Chances) {
        servers = chances.pick(of: [1, 2, 2, 3])
        loopsPerServer = chances.pick(1...2)
        rooms = chances.pick(1...3)
        clients = chances.pick(3...7)
        bus = chances.pick(of: [.trusted, .lossy, .lossy, .dead])
        faultMicroseconds = Int64(chances.pick(3...8)) * 1_000_000
        sends = chances.pick(20...60)
        if chances.happens(perMille: 600) {
            changes = chances.pick(of: [5, 20, 60])
            if chances.happens(perMille: 300) { sends /= 3 }
            askersPerMille = chances.pick(of: [0, 500, 500, 1000])
            editWindowSeconds = chances.pick(of: [nil, nil, nil, 3600, 0])
        }
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
        netLimits.sessionMessagesPerSecond = chances.pick(of: [1, 5, 200])
        netLimits.sessionMessagesBurst = Double(chances.pick(1...4))
        will = Will(&chances, mayNeedLooks: bus != .trusted)
        if bus != .trusted {
            crashes = chances.pick(0...3)
            stops = chances.pick(0...2)
            restores = chances.happens(perMille: 250) ? chances.pick(1...2) : 0
            inboxMessages = chances.pick(0...12)
            inboxChanges = changes > 0 ? chances.pick(0...10) : 0
            dropHintsPerMille = chances.pick(of: [0, 100, 500])
            omitsEpoch = restores == 0 && chances.happens(perMille: 100)
        }
    }

    /// The maximum number of store calls of an idle process in this time. They are its regular checks of the inbox, the
    /// epoch and the rooms, perhaps each room alone, one of them the visitor's, and some calls that finish earlier work.
    func idleCallsMax(microseconds: Int64) -> Int {
        let looks = Int(microseconds / limits.lookInterval.wholeMicroseconds) + 2
        return looks * (4 + 2 * rooms) + 6
    }

    /// Sets limits so small that each one is reached.
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
        limits.changesWaitingMax = chances.pick(of: [1, 2, 1024, 1024])
        limits.changeBytesWaitingMax = chances.pick(of: [100, 8 << 20, 8 << 20])
        limits.batchChangesMax = chances.pick(of: [1, 2, 8, 64])
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

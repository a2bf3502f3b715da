internal import NIOCore
internal import NIOPosix
internal import NIOWebSocket
internal import Telemetry

/// One run of `App load`: all of its connections, on one event loop that is also this actor's executor.
///
/// One thread is enough for 100,000 deliveries a second; for more, start more processes.
package actor LoadRun {
    package nonisolated let unownedExecutor: UnownedSerialExecutor
    let plan: LoadPlan
    let loop: any EventLoop
    let dialer: LoadDialer
    /// Identifies the run in its messages, so that it can distinguish them from those of other clients.
    let name: String
    /// The prefix of the texts of this run.
    let mark: [UInt8]

    var participants: [LoadParticipant]
    var ledgers: [RoomLedger] = []
    var ledgerIndices: [String: Int] = [:]
    var tally = AuditTally()
    var counts = LoadCounts()
    var latency = HistogramCounts(.fineSeconds)
    /// The last error of a connection, for the progress line.
    var trouble: String?
    /// Why no connection could be made; nil once one was made.
    var unreachable: String?
    /// At least one socket was upgraded.
    var hasReachedServer = false
    /// Ends when the run is abandoned.
    let gaveUp: AsyncStream<Never>
    let giveUp: AsyncStream<Never>.Continuation
    /// The sockets have been closed; further ones are closed at once.
    var isOver = false
    /// No new messages are sent; messages in flight may still arrive.
    var isStopping = false

    /// A run that has not begun.
    ///
    /// - Throws: what swift-nio-ssl reports when TLS cannot be set up.
    init(_ plan: LoadPlan, loop: any EventLoop) throws {
        self.plan = plan
        self.loop = loop
        unownedExecutor = loop.executor.asUnownedSerialExecutor()
        (gaveUp, giveUp) = AsyncStream.makeStream()
        dialer = try LoadDialer(plan, loop: loop)
        name = String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16)
        mark = Array("load \(name) ".utf8)
        participants = (1...plan.connections).map { LoadParticipant(number: $0) }
    }

    /// Carries out a plan and returns what it found; ends after its duration or with SIGINT or SIGTERM.
    package static func run(_ plan: LoadPlan) async throws -> LoadSummary {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let run = try LoadRun(plan, loop: group.next())
        let summary = await run.conduct()
        try await group.shutdownGracefully()
        return summary
    }

    // MARK: Events of a socket, on the loop

    /// The socket is about to be connected.
    func opening(_ index: Int, _ socket: any Channel) {
        participants[index].socket = socket
        if isOver { socket.close(promise: nil) }
    }

    /// The socket was upgraded.
    func opened(_ index: Int, _ channel: any Channel) {
        hasReachedServer = true
        participants[index].channel = channel
    }

    /// A text frame arrived.
    func received(_ index: Int, _ frame: ByteBuffer) {
        let (content, hash) = frame.withUnsafeReadableBytes { (ServerFrame.read($0, mark: mark), ContentHash.of($0)) }
        switch content {
        case .message(let seq, let own): receivedMessage(index, seq: seq, own: own, hash: hash)
        case .authenticated(let greeting): authenticated(index, greeting)
        case .refused(let code, let id):
            counts.refusals[code, default: 0] += 1
            participants[index].own.refused(id.flatMap { number(ofID: $0, index) })
        case .other: break
        }
    }

    /// The server closed the connection with a close frame.
    func closed(_ index: Int, code: UInt16?, reason: String) {
        participants[index].ending = .init(code: code, reason: reason)
        trouble = "closed by the server: \(code.map(String.init) ?? "no code") \(reason)"
    }

    /// The socket failed.
    func failed(_ error: any Error) { trouble = "\(error)" }

    private func receivedMessage(_ index: Int, seq: Int64, own: ServerFrame.OwnMark?, hash: UInt64) {
        counts.received += 1
        if let ledger = participants[index].ledger { ledgers[ledger].received(seq, hash: hash, &tally) }
        let number = own?.connection == participants[index].number ? own?.number : nil
        let isNext = participants[index].stream.cursor.map { seq == $0 &+ 1 } ?? true
        if !isNext, let number, participants[index].own.isAnswerToRepeat(number) {
            returned(index, number)
            return
        }
        let repeatsKnownNumber = !isNext && seq <= participants[index].stream.cursor ?? 0
        participants[index].stream.received(seq, &tally)
        // The stream counts a number that arrived twice; a text that arrived under a second number is counted here.
        if let number, !returned(index, number), !repeatsKnownNumber { tally.duplicated += 1 }
        if let goal = participants[index].catchUpTo, seq >= goal { caughtUp(index) }
    }

    @discardableResult
    private func returned(_ index: Int, _ number: Int) -> Bool {
        guard let nanoseconds = participants[index].own.returned(number, at: NIODeadline.now().uptimeNanoseconds) else {
            return false
        }
        counts.stored += 1
        latency.record(Double(nanoseconds) / 1_000_000_000)
        return true
    }

    private func authenticated(_ index: Int, _ greeting: ServerFrame.Greeting) {
        if participants[index].epoch != nil { counts.reconnects += 1 }
        if greeting.reset == .epoch { counts.resets += 1 }
        participants[index].failures = 0
        participants[index].epoch = greeting.epoch
        participants[index].ledger = ledgerIndex(greeting)
        participants[index].stream.authenticated(
            lastSeq: greeting.lastSeq, resumed: greeting.resumed, reset: greeting.reset,
            bringsHistory: plan.target.asksForHistory, &tally)
        participants[index].isAuthenticated = true
        let cursor = participants[index].stream.cursor ?? greeting.lastSeq
        participants[index].catchUpTo = greeting.lastSeq
        if cursor >= greeting.lastSeq { caughtUp(index) }
    }

    /// A resumed connection has everything that was stored before it reconnected: its own messages that are still open
    /// may not have been stored, and only an id makes it safe to send them again.
    private func caughtUp(_ index: Int) {
        participants[index].catchUpTo = nil
        guard plan.sendsIDs else { return }
        for number in participants[index].own.repeats() { write(index, number) }
    }

    private func ledgerIndex(_ greeting: ServerFrame.Greeting) -> Int {
        let key = "\(greeting.room) \(greeting.epoch)"
        if let index = ledgerIndices[key] { return index }
        ledgers.append(RoomLedger())
        ledgerIndices[key] = ledgers.count - 1
        return ledgers.count - 1
    }

    // MARK: Messages that a connection sends

    /// Sends one message if the connection can, and schedules the next.
    func sendAndScheduleNext(_ index: Int) {
        guard !isStopping, !participants[index].isGone else { return }
        if participants[index].isAuthenticated, participants[index].catchUpTo == nil {
            let number = participants[index].own.sent(at: NIODeadline.now().uptimeNanoseconds)
            counts.sent += 1
            write(index, number)
        }
        scheduleSpeech(index)
    }

    /// Schedules the next message of a connection: the pauses are distributed as between independent events.
    func scheduleSpeech(_ index: Int) {
        guard plan.interval > 0 else { return }
        let pause = SpeechPause.next(mean: plan.interval, uniform: .random(in: 0..<1))
        loop.scheduleTask(in: .nanoseconds(Int64(pause * 1_000_000_000))) {
            self.assumeIsolated { $0.sendAndScheduleNext(index) }
        }
    }

    private func write(_ index: Int, _ number: Int) {
        guard let channel = participants[index].channel else { return }
        let who = participants[index].number
        var text = #"{"message":"load \#(name) \#(who) \#(number)""#
        text += plan.sendsIDs ? #","id":"\#(name)-\#(who)-\#(number)"}"# : "}"
        let frame = WebSocketFrame(
            fin: true, opcode: .text, maskKey: .random(), data: channel.allocator.buffer(string: text))
        channel.writeAndFlush(frame, promise: nil)
    }

    private func number(ofID id: String, _ index: Int) -> Int? {
        let prefix = "\(name)-\(participants[index].number)-"
        return id.hasPrefix(prefix) ? Int(id.dropFirst(prefix.count)) : nil
    }

    func close(_ channel: any Channel) {
        var data = channel.allocator.buffer(capacity: 2)
        data.writeInteger(UInt16(1000))
        channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: data), promise: nil)
        channel.close(promise: nil)
    }
}

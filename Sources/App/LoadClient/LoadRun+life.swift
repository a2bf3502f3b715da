internal import NIOCore
internal import NIOPosix
internal import UnixSignals

extension LoadRun {
    /// How many connections are opened a second at the start.
    static let connectsPerSecond = 2000.0
    /// How long the last messages may take to arrive at all receivers after the last one was sent.
    static let settleSeconds = 5.0
    /// How long a connection that is broken at that time may take to reconnect and catch up.
    static let returnSeconds = 15.0
    /// How long a connection may take to be authenticated.
    static let handshakeSeconds: Int64 = 15

    /// Opens every connection, waits for the end, and counts.
    func conduct() async -> LoadSummary {
        let begin = ContinuousClock.now
        return await withTaskGroup(of: Void.self) { group in
            for index in participants.indices { group.addTask { await self.live(index) } }
            group.addTask { await self.showProgress(since: begin) }
            await waitForEnd()
            isStopping = true
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            let goals = ledgers.map(\.newest)
            await settle(goals)
            let summary = conclude(seconds: seconds, goals)
            isOver = true
            for channel in participants.compactMap(\.channel) { close(channel) }
            // Also those that are not connected or not upgraded yet: nothing else ends such an attempt at once.
            for socket in participants.filter({ $0.channel == nil }).compactMap(\.socket) { socket.close(promise: nil) }
            group.cancelAll()
            return summary
        }
    }

    /// One connection from its first socket to its last.
    private func live(_ index: Int) async {
        // A cancelled sleep only means that the run is over, which the loop checks.
        try? await Task.sleep(for: .seconds(Double(index) / Self.connectsPerSecond))
        scheduleSpeech(index)
        while !Task.isCancelled {
            await attempt(index)
            if Task.isCancelled { return }
            let ending = participants[index].ending
            // Only connections that were authenticated count; a failed attempt does not.
            if participants[index].epoch != nil, participants[index].failures == 0 {
                counts.closes[ending?.code.map(String.init) ?? "broken", default: 0] += 1
            }
            let wait: Double
            switch CloseAdvice.of(code: ending?.code, reason: ending?.reason ?? "") {
            case .stayAway:
                participants[index].isGone = true
                counts.turnedAway[ending?.code.map(String.init) ?? "none", default: 0] += 1
                return
            case .comeBackAfter(let milliseconds): wait = Double(milliseconds) / 1000
            case .comeBack:
                wait = .random(in: 0.05...CloseAdvice.waitMax(afterFailures: participants[index].failures))
            }
            participants[index].failures += 1
            // Cancellation ends the pause, and the loop with it.
            try? await Task.sleep(for: .seconds(wait))
        }
    }

    /// One socket: connects, and returns when it is closed.
    private func attempt(_ index: Int) async {
        participants[index].ending = nil
        participants[index].attempts += 1
        let attempt = participants[index].attempts
        let requestTarget = plan.target.requestTarget(
            connection: participants[index].number, resumingAt: participants[index].resumePoint)
        do {
            let channel = try await dialer.connect(
                requestTarget: requestTarget,
                opening: { [self] socket in assumeIsolated { $0.opening(index, socket) } },
                handler: { [self] in LoadSocketHandler(run: self, index: index) })
            loop.scheduleTask(in: .seconds(Self.handshakeSeconds)) {
                self.assumeIsolated { $0.giveUpHandshake(index, attempt: attempt, channel) }
            }
            try await channel.closeFuture.get()
        } catch let error as LoadDialer.Unreachable {
            trouble = error.description
            // The server was never reached: there is nothing to wait for.
            if !hasReachedServer {
                unreachable = error.description
                giveUp.finish()
            }
        } catch {
            trouble = "\(error)"
        }
        participants[index].socket = nil
        participants[index].channel = nil
        participants[index].isAuthenticated = false
        participants[index].catchUpTo = nil
        participants[index].own.interrupted()
    }

    private func giveUpHandshake(_ index: Int, attempt: Int, _ channel: any Channel) {
        guard participants[index].attempts == attempt, !participants[index].isAuthenticated else { return }
        trouble = "no first frame within \(Self.handshakeSeconds) s"
        channel.close(promise: nil)
    }

    private func waitForEnd() async {
        let duration = plan.duration
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
            }
            group.addTask { for await _ in self.gaveUp {} }
            // A cancelled sleep ends the wait as well.
            if let duration { group.addTask { try? await Task.sleep(for: .seconds(duration)) } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Waits until every message has arrived at all receivers and every connection is back, or until the time limit.
    private func settle(_ goals: [Int64]) async {
        // No connection was ever authenticated: nothing can still arrive.
        guard participants.contains(where: { $0.epoch != nil }) else { return }
        let begin = ContinuousClock.now
        while true {
            let isComplete = participants.allSatisfy { $0.isGone || $0.isAuthenticated }
            let allowed = isComplete ? Self.settleSeconds : Self.returnSeconds
            if isComplete && hasSettled(goals) || ContinuousClock.now - begin > .seconds(allowed) { return }
            // After a cancellation, the run is over; the summary counts what is missing.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { return }
        }
    }

    private func hasSettled(_ goals: [Int64]) -> Bool {
        participants.allSatisfy { $0.isGone || $0.own.owed == 0 && Self.missing($0, goals) == 0 }
    }

    /// How many numbers of its room a connection has not received yet.
    private static func missing(_ participant: LoadParticipant, _ goals: [Int64]) -> Int {
        guard let ledger = participant.ledger, goals.indices.contains(ledger), let cursor = participant.stream.cursor
        else { return 0 }
        return cursor < goals[ledger] ? Int(goals[ledger] - cursor) : 0
    }

    /// - Parameter goals: the newest number of each room when the last message had been sent.
    private func conclude(seconds: Double, _ goals: [Int64]) -> LoadSummary {
        var total = tally
        var uncertain = 0
        for participant in participants {
            uncertain += participant.own.uncertain
            guard participant.isAuthenticated else { continue }
            total.lost += participant.own.owed + Self.missing(participant, goals)
        }
        return LoadSummary(
            connections: participants.count, connected: participants.count { $0.isAuthenticated }, seconds: seconds,
            counts: counts, tally: total, uncertain: uncertain, latency: latency, trouble: trouble,
            unreachable: unreachable)
    }
}

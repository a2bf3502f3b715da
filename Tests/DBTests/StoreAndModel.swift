import DB
import Rooms
import Simulator
import TestKit

/// A real database and the model of it, to which the same is done.
struct StoreAndModel {
    /// A lane of one of two processes.
    struct Writer {
        let process: Int
        let lane: BatchID.Lane
        var id: LogModel.WriterID
        /// Whether the database was told this name, which it is before its first batch.
        var isRegistered = false
        var number: Int64 = 0
        var last: Batch?
        /// Whether that one was stored: then no smaller number can be stored any more.
        var isLastStored = false
    }

    /// What the database answered, and what the model did, where these are not the same.
    private(set) var differences: [String] = []
    /// Messages stored, and batches refused.
    private(set) var stored = 0
    private(set) var refused = 0

    private let databases: [Database]
    private let sql: SQL
    private var random: SeededRandom
    private var model = LogModel()
    private var writers: [Writer] = []
    private var said = 0

    init(databases: [Database], sql: SQL, seed: UInt64) {
        self.databases = databases
        self.sql = sql
        random = SeededRandom(seed: seed)
        model.triggers = Triggers([])
        for (index, lane) in [(0, BatchID.Lane.live), (0, .slow), (1, .live)].enumerated() {
            writers.append(Writer(process: lane.0, lane: lane.1, id: LogModel.WriterID(index)))
        }
    }

    /// Does something to both; returns what.
    mutating func step() async throws -> String {
        switch pick(0...99) {
        case ..<45: return try await append()
        case ..<55: return try await repeatLast()
        case ..<60: return try await settle()
        case ..<72: return try await newMessages()
        case ..<84: return try await drain()
        case ..<88: return try await prune()
        case ..<92: return try await delete()
        case ..<98: return try await switchTrigger()
        default: return try await forget()
        }
    }

    mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    mutating func room() -> RoomID { RoomID(Int32(pick(1...3))) }

    // MARK: storing

    private mutating func append() async throws -> String {
        let index = pick(0...writers.count - 1)
        writers[index].number += Int64(pick(1...2))
        let batch = randomBatch(BatchID(lane: writers[index].lane, number: writers[index].number))
        writers[index].last = batch
        try await store(batch, by: index)
        return "append \(batch)"
    }

    private mutating func repeatLast() async throws -> String {
        let index = pick(0...writers.count - 1)
        guard var batch = writers[index].last else { return "nothing" }
        let isLate = pick(0...3) == 0 && writers[index].isLastStored
        if isLate { batch.id.number -= 1 }
        try await store(batch, by: index)
        writers[index].isLastStored = isLate || writers[index].isLastStored
        return "repeat \(batch)"
    }

    private mutating func store(_ batch: Batch, by index: Int) async throws {
        if !writers[index].isRegistered { model.register(writers[index].id) }
        writers[index].isRegistered = true
        let actual: Result<Receipt, StoreError>
        do {
            let receipt = try await databases[writers[index].process].append(batch)
            actual = .success(receipt)
            writers[index].isLastStored = true
            // A new batch: the model's clock is to show the same time.
            model.clockMicroseconds = receipt.time.microseconds - 1000
            stored += batch.messageCount - receipt.duplicates.count - receipt.dropped.count
        } catch {
            actual = .failure(error)
            writers[index].isLastStored = false
            refused += 1
        }
        compare("append", actual, model.append(batch, from: writers[index].id))
        if case .failure(.forgotten) = actual { rename(index) }
    }

    private mutating func settle() async throws -> String {
        let index = pick(0...writers.count - 1)
        if pick(0...1) == 0 { writers[index].number += 1 }
        let id = BatchID(lane: writers[index].lane, number: writers[index].number)
        guard id.number > 0, writers[index].last != nil else { return "nothing" }
        let actual: Result<Bool, StoreError>
        do { actual = .success(try await databases[writers[index].process].settle(id)) } catch {
            actual = .failure(error)
        }
        compare("settle", actual, model.settle(id, from: writers[index].id))
        if case .failure(.forgotten) = actual { rename(index) }
        return "settle \(id)"
    }

    private mutating func forget() async throws -> String {
        try await sql.run("delete from log_writers")
        for writer in writers { model.forget(writer.id) }
        return "forget all writers"
    }

    /// The database has given the lane another name, under which numbers go on.
    private mutating func rename(_ index: Int) {
        writers[index].id = LogModel.WriterID(1000 + said)
        writers[index].isRegistered = false
        said += 1
    }

    private mutating func randomBatch(_ id: BatchID) -> Batch {
        let rooms = Set((0..<pick(1...3)).map { _ in room() }).sorted()
        return Batch(
            id: id,
            groups: rooms.map { room in
                Batch.Group(room: room, drafts: (0..<pick(1...4)).map { _ in randomDraft() })
            })
    }

    private mutating func randomDraft() -> Draft {
        // So few ids that many are repeated, under another name, too.
        let id = pick(0...2) == 0 ? "id-\(pick(1...25))" : nil
        return Draft(
            user: ["ann", "bob"][pick(0...1)], text: randomText(), clientID: id,
            identity: pick(0...2) == 0 ? [Identity.name("ann"), .name("1"), .userID("1")][pick(0...2)] : nil)
    }

    private mutating func randomText() -> String {
        said += 1
        let kinds = Triggers.Kind.allCases.filter { $0 != .slow }
        guard pick(0...4) == 0 else { return "text \(said)\(String(repeating: "ä", count: pick(0...9)))" }
        let kind = kinds[pick(0...kinds.count - 1)]
        return Triggers.text(kind, code: kind == .poison ? Self.codes[pick(0...Self.codes.count - 1)] : "", "\(said)")
    }

    // MARK: the inbox

    private mutating func newMessages() async throws -> String {
        var script = "begin;"
        let count = pick(1...5)
        for _ in 0..<count {
            let (room, text, time) = (room(), randomText(), Int64(pick(0...1_000_000_000)))
            script += "select new_message(\(room), \(Self.time(time)), 'sql', '\(text)');"
            model.newMessage(in: room, time: Timestamp(microseconds: time), user: "sql", text: text)
        }
        try await sql.run(script + "commit;")
        return "\(count) messages into the inbox"
    }

    private mutating func drain() async throws -> String {
        let (limit, bytes) = (pick(1...4), [0, 10, 1000][pick(0...2)])
        let actual: Result<InboxBatch, StoreError>
        do {
            actual = .success(try await databases[pick(0...1)].drainInbox(limit: limit, bytes: bytes))
        } catch {
            actual = .failure(error)
        }
        compare("drain", actual, model.drainInbox(limit: limit, bytes: bytes))
        return "drain \(limit) messages of \(bytes) bytes"
    }

    // MARK: what others do

    private mutating func prune() async throws -> String {
        let (room, before, deletes) = (room(), pick(1...30), pick(0...1) == 0)
        model.prune(room, before: Int64(before), deletes: deletes)
        try await sql.run(
            "update rooms set first_seq = greatest(first_seq, least(\(before), last_seq + 1)) where room = \(room)")
        if deletes {
            try await sql.run(
                "delete from log using rooms r where log.room = \(room) and r.room = \(room) and log.seq < r.first_seq")
        }
        return "prune \(room) before \(before)\(deletes ? "" : " without deleting")"
    }

    private mutating func delete() async throws -> String {
        let room = room()
        let from = Int64(pick(1...40))
        let seqs = from...from + Int64(pick(0...3))
        model.delete(room, seqs)
        try await sql.run(
            "delete from log where room = \(room) and seq between \(seqs.lowerBound) and \(seqs.upperBound)")
        return "delete \(seqs) in \(room)"
    }

    private mutating func switchTrigger() async throws -> String {
        let kinds = Triggers.Kind.allCases.filter { $0 != .slow }
        let kind = kinds[pick(0...kinds.count - 1)]
        let isActive = model.triggers.active.contains(kind)
        if isActive { model.triggers.active.remove(kind) } else { model.triggers.active.insert(kind) }
        try await sql.run("alter table log \(isActive ? "disable" : "enable") trigger \"\(kind.rawValue)\"")
        return "\(isActive ? "disable" : "enable") \(kind)"
    }

    // MARK: reading

    /// Reads something from both.
    mutating func read() async throws {
        let database = databases[pick(0...1)]
        let (room, after, limit) = (room(), Int64(pick(0...40)), pick(1...6))
        let bytes = [0, 20, 1000][pick(0...2)]
        switch pick(0...4) {
        case 0:
            let known = (1...3).map { room in
                RoomSpan(room: RoomID(Int32(room)), firstSeq: Int64(pick(1...10)), lastSeq: Int64(pick(0...40)))
            }
            let news = try await database.news(after: known, limit: limit, bytes: bytes)
            compare("news after \(known)", news, model.news(after: known, limit: limit, bytes: bytes))
        case 1:
            let through = after + Int64(pick(0...20))
            let news = try await database.messages(in: room, after: after, through: through, limit: limit, bytes: bytes)
            compare(
                "messages of \(room) after \(after) through \(through)", .success(news),
                model.messages(in: room, after: after, through: through, limit: limit, bytes: bytes))
        case 2:
            let page = try await database.history(
                in: room, before: after + 1, limit: limit, bytes: bytes, view: .changes)
            compare(
                "history of \(room) before \(after + 1)", .success(page),
                model.history(in: room, before: after + 1, limit: limit, bytes: bytes))
        case 3:
            let span = try await database.span(ofNewest: limit, in: room, view: .changes)
            compare("newest \(limit) in \(room)", .success(span), model.span(ofNewest: limit, in: room))
        default:
            let snapshot = try await database.openRoom(room, recent: limit - 1)
            guard case .success(let expected) = model.openRoom(room, recent: limit - 1) else { return }
            compare("open \(room)", snapshot.span, expected.span)
            compare("open \(room)", snapshot.recent, expected.recent)
        }
    }

    private mutating func compare<Value: Equatable>(
        _ what: String, _ actual: Result<Value, StoreError>, _ expected: Result<Value, StoreError>
    ) {
        // The words of an error are free.
        compare(what, actual.mapError(Code.init), expected.mapError(Code.init))
    }

    private mutating func compare<Value: Equatable>(_ what: String, _ actual: Value, _ expected: Value) {
        if actual != expected { differences.append("\(what): \(actual), but the model says \(expected)") }
    }

    private struct Code: Error, Equatable {
        let code: String

        init(_ error: StoreError) {
            code = if case .rejected(let code, _) = error { code } else { "\(error)" }
        }
    }

    // MARK: SQL

    /// Those which a connection and the pool stand, as what they are: a refusal.
    private static let codes = ["23514", "08001", "55P03", "57014", "53100", "P0001"]

    private static func time(_ microseconds: Int64) -> String {
        "timestamptz 'epoch' + \(microseconds) * interval '1 microsecond'"
    }

    /// The triggers of the model, all of them disabled.
    static let triggers =
        """
        create function act() returns trigger language plpgsql as $$
        begin
            case tg_argv[0]
            when 'drop' then return null;
            when 'rude' then new.message := '****' || substr(new.message, 5);
            when 'alias' then new."user" := 'alias of ' || new."user";
            when 'backdated' then new."time" := new."time" - interval '1 hour';
            when 'poison' then raise exception 'refused' using errcode = substr(new.message, 8, 5);
            end case;
            return new;
        end
        $$;
        """
        + Triggers.Kind.allCases.filter { $0 != .slow }.map { kind in
            """
            create trigger "\(kind.rawValue)" before insert on log for each row
                when (starts_with(new.message, '\(kind.rawValue)')) execute function act('\(kind.rawValue)');
            alter table log disable trigger "\(kind.rawValue)";
            """
        }.joined(separator: "\n")
}

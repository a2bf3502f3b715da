internal import Rooms

extension World {
    /// Whether the event of the command of a client that asks for changes was stored and then pruned before the client
    /// could see it, or the client has started over behind it. Another client is answered apart from its view.
    func isGone(_ command: ClientCommand, of client: SimClient) -> Bool {
        guard client.view == .changes, let room = log.rooms[client.room] else { return false }
        return room.changes.contains {
            $0.change.user == client.name && command.fits($0.change)
                && ($0.isDeleted || $0.change.seq < room.firstSeq || $0.change.seq <= client.cursor ?? 0)
        }
    }

    /// Checks that a client which asks for changes displays what a fresh load shows, however often it was away: for each
    /// message that it holds and that can still be read, every field.
    func checkView(of client: SimClient) {
        for (seq, held) in client.shown.messages.sorted(by: { $0.key < $1.key }) {
            guard let row = log.row(client.room, seq), !row.isDeleted, seq >= log.firstSeq(client.room) else {
                continue
            }
            let fresh = WireRow(row.states.current.json)
            if held != fresh {
                fail("\(client.label) displays \(held), but a fresh load shows \(fresh.map { "\($0)" } ?? "nothing")")
            }
        }
    }

    /// Checks the commands of clients against the log: each with an id is stored at most once, and not if its sender was
    /// told that it is not.
    func checkCommands() {
        guard pasts.isEmpty else { return }
        for (room, row) in log.rooms {
            var ids: Set<String> = []
            for change in row.changes.filter({ !$0.isDeleted }).map(\.change) {
                guard let id = change.clientID else { continue }
                if !ids.insert(id).inserted { fail("room \(room): twice: \(id)") }
            }
            for client in clients where client.room == room {
                for command in client.commands where command.state == .refused && command.links.count == 1 {
                    if let id = command.id, ids.contains(id), changeAnswers[id]?.repeats ?? 0 == 0 {
                        fail("\(client.label): \(command.label) is not stored, it was told, and is stored")
                    }
                }
            }
        }
    }

    /// SQL clients change a message, perhaps between two new ones.
    func changeBySQL() {
        guard !isStoreAway else { return }
        let room = RoomID(Int32(chances.pick(0...profile.rooms - 1)))
        let target = Int64(chances.pick(1...Int(log.lastSeq(room)) + 1))
        let text = chances.happens(perMille: 600) ? marked("SQL edited \(target)", kinds: profile.will.kinds) : nil
        note { "SQL changes \(target) in \(room): \(text ?? "deleted")" }
        log.changeMessage(in: room, target, text: text, actor: chances.happens(perMille: 500) ? "sql" : nil)
        publish(.inbox)
    }
}

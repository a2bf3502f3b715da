internal import Rooms

/// A batch as the parameters of `store_batch`: the server groups the messages, so that the database only has to count.
struct BatchParameters {
    /// `$1` to `$12`, in order.
    let values: [PostgresValue]

    /// The parameters of a batch that is stored under the name of `writer`.
    init(_ batch: Batch, writer: WriterID) {
        let count = batch.messageCount
        var groups: [Int32] = []
        var places: [Int32] = []
        var users: [String?] = []
        var texts: [String?] = []
        var clientIDs: [String?] = []
        groups.reserveCapacity(count)
        places.reserveCapacity(count)
        users.reserveCapacity(count)
        texts.reserveCapacity(count)
        clientIDs.reserveCapacity(count)
        var hasClientID = false
        var hasIdentity = false
        var hasReply = false
        for (index, group) in batch.groups.enumerated() {
            for (place, draft) in group.drafts.enumerated() {
                groups.append(Int32(clamping: index + 1))
                places.append(Int32(clamping: place + 1))
                users.append(draft.user)
                texts.append(draft.text)
                clientIDs.append(draft.clientID)
                hasClientID = hasClientID || draft.clientID != nil
                hasIdentity = hasIdentity || draft.identity != nil
                hasReply = hasReply || draft.replyTo != nil
            }
        }
        // Without a message that has one, the database looks at neither array.
        let identities = hasIdentity ? batch.groups.flatMap { $0.drafts.map(\.identity) } : []
        let userIDs = identities.map { $0?.userID }
        values = [
            .uuid(writer), .bigint(batch.id.number), .integers(batch.groups.map(\.room.rawValue)),
            .integers(batch.groups.map { Int32(clamping: $0.drafts.count) }), .integers(groups), .integers(places),
            .texts(users), .texts(hasIdentity ? identities.map { $0?.text } : nil), .texts(texts),
            // Without client ids, the database skips the search for repeats.
            .texts(hasClientID ? clientIDs : nil),
            .texts(userIDs.contains { $0 != nil } ? userIDs : nil),
            .optionalBigints(hasReply ? batch.groups.flatMap { $0.drafts.map(\.replyTo) } : nil),
        ]
    }
}

/// Changes of earlier messages that one transaction carries out, in their order.
public struct ChangeBatch: Sendable, Equatable {
    /// What a member of a room wants to change.
    public struct Request: Sendable, Equatable {
        /// The room of the message.
        public var room: RoomID
        /// The change.
        public var draft: ChangeDraft

        /// A request.
        public init(room: RoomID, draft: ChangeDraft) {
            self.room = room
            self.draft = draft
        }
    }

    /// 1 or more; larger than the numbers of all earlier batches of this process.
    public var number: Int64
    /// The requests, at least one, in the order in which they are carried out.
    public var requests: [Request]

    /// A batch of changes.
    public init(number: Int64, requests: [Request]) {
        self.number = number
        self.requests = requests
    }
}

/// A change of an earlier message before it is stored.
public struct ChangeDraft: Sendable, Equatable {
    /// What to do.
    public enum Action: Sendable, Equatable {
        /// Delete the message.
        case delete
        /// Give the message another text: valid UTF-8, not empty, no NUL.
        case edit(text: String)
        /// Set or withdraw the sender's reaction.
        case react(emoji: String, isOn: Bool)
        /// Moderate a person or the room; only for moderators.
        case moderate(ModerationAction)
    }

    /// The number of the message; 0 for moderation, which concerns none.
    public var target: Int64
    /// What to do with it.
    public var action: Action
    /// The name of the sender.
    public var user: String
    /// Who the sender is.
    public var identity: Identity
    /// Whether the sender may change the messages of others.
    public var isModerator: Bool
    /// The seconds after which authors cannot change their messages any more; nil for no end.
    public var editWindowSeconds: Int?
    /// The sender's own id for the command (1 to 64 characters): makes it idempotent within (room, identity), together
    /// with those of messages.
    public var clientID: String?

    /// A change to be stored.
    public init(
        target: Int64, action: Action, user: String, identity: Identity, isModerator: Bool, editWindowSeconds: Int?,
        clientID: String?
    ) {
        self.target = target
        self.action = action
        self.user = user
        self.identity = identity
        self.isModerator = isModerator
        self.editWindowSeconds = editWindowSeconds
        self.clientID = clientID
    }

    /// The bytes of all fields that a client or the embedding application chooses.
    public var byteCount: Int {
        let text: Int =
            switch action {
            case .delete: 0
            case .edit(let text): text.utf8.count
            case .react(let emoji, _): emoji.utf8.count
            case .moderate(let action): action.byteCount
            }
        return text + user.utf8.count + identity.text.utf8.count + (clientID?.utf8.count ?? 0)
    }
}

/// The outcome of a committed batch of changes.
public struct ChangeReceipt: Sendable, Equatable {
    /// The outcome of one request.
    public enum Outcome: Sendable, Equatable {
        /// It is an event with this number.
        case stored(seq: Int64)
        /// Its id was already stored, with this number, for a message or a change.
        case repeated(seq: Int64)
        /// Everything is as it was wanted, without an event.
        case done
        /// The room has no such message, or it is deleted.
        case notFound
        /// The sender may not change this message, or not any more.
        case forbidden
    }

    /// One outcome for each request, in their order.
    public var outcomes: [Outcome]
    /// The stored changes with the messages that they concern, one run for each room that has any.
    public var runs: [LogRun]

    /// The outcome of a batch.
    public init(outcomes: [Outcome], runs: [LogRun]) {
        self.outcomes = outcomes
        self.runs = runs
    }
}

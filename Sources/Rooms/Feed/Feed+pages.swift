extension Feed {
    /// Records that the welcome was written, with the first page if there is one; returns the next step.
    public mutating func joined(_ joined: Joined, socketIsFull: Bool) -> Next {
        join(after: joined.cursor)
        return joined.page.map { received($0, socketIsFull: socketIsFull) } ?? .fetch
    }

    /// Records that a page was written; returns the next step.
    public mutating func received(_ page: Page, socketIsFull: Bool) -> Next {
        received(through: page.through, head: page.head, socketIsFull: socketIsFull)
    }
}

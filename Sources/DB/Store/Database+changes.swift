package import Rooms

extension Database {
    /// Carries out changes of messages with one call of `store_changes`.
    package func change(_ batch: ChangeBatch) async throws(StoreError) -> ChangeReceipt { throw Self.strange }
}

package import Rooms

extension Database {
    /// Carries out changes of messages with one call of `store_changes`, on a connection for reading: a slow batch of
    /// changes delays no message.
    package func change(_ batch: ChangeBatch) async throws(StoreError) -> ChangeReceipt {
        guard !batch.requests.isEmpty else { return ChangeReceipt(outcomes: [], runs: []) }
        let writer = try await registeredWriter(.changes, on: readers)
        let result = try await readers.run(
            .storeChanges, ChangeParameters(batch, writer: writer).values, isRepeatable: false)
        guard result.rowCount > 0 else {
            writers.forgotten(writer, of: .changes)
            throw .forgotten
        }
        guard let words = result.texts(0, 0), let seqs = result.integers(0, 22, of: Int64.self),
            words.count == batch.requests.count, seqs.count == words.count
        else { throw Self.strange }
        var outcomes: [ChangeReceipt.Outcome] = []
        for (word, seq) in zip(words, seqs) {
            guard let outcome = ChangeReceipt.Outcome(word, seq) else { throw Self.strange }
            outcomes.append(outcome)
        }
        return ChangeReceipt(outcomes: outcomes, runs: try runs(result))
    }
}

extension ChangeReceipt.Outcome {
    /// - Parameter word: as `apply_changes` in `migrations/` says it.
    fileprivate init?(_ word: String, _ seq: Int64) {
        switch word {
        case "stored": self = .stored(seq: seq)
        case "repeated": self = .repeated(seq: seq)
        case "done": self = .done
        case "not_found": self = .notFound
        case "forbidden": self = .forbidden
        default: return nil
        }
    }
}

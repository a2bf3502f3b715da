package import Rooms

/// The parameters of a batch in PostgreSQL's binary format, without a connection: Benchmarks/Instructions counts what
/// making them takes.
package enum ParameterCount {
    /// - Returns: the bytes of all parameters.
    package static func encoded(_ batch: Batch) -> Int {
        var bytes: [UInt8] = []
        for value in BatchParameters(batch, writer: WriterID(high: 1, low: 2)).values {
            _ = value.encode(into: &bytes)
        }
        return bytes.count
    }
}

internal import NIOCore

/// Finds the prepared statements that a PostgreSQL client executes, in the bytes that it sends (manual, 55.7: "Bind").
struct StatementScanner {
    private var bytes = ByteBuffer()
    private var hasStarted = false

    /// Takes the next bytes; returns the names of the statements that newly completed messages bind.
    mutating func take(_ new: ByteBuffer) -> [String] {
        bytes.writeImmutableBuffer(new)
        var names: [String] = []
        // The first message, the start-up packet, has no type byte.
        while let length = bytes.getInteger(at: bytes.readerIndex + (hasStarted ? 1 : 0), as: Int32.self),
            var message = bytes.readSlice(length: Int(length) + (hasStarted ? 1 : 0))
        {
            let type = hasStarted ? message.readInteger(as: UInt8.self) : nil
            hasStarted = true
            message.moveReaderIndex(forwardBy: 4)
            guard type == UInt8(ascii: "B"), message.readNullTerminatedString() != nil,
                let name = message.readNullTerminatedString()
            else { continue }
            names.append(name)
        }
        bytes.discardReadBytes()
        return names
    }
}

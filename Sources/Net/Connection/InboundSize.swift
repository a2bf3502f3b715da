/// The number and the bytes of text messages that wait.
struct InboundSize: Equatable {
    var messages = 0
    var bytes = 0

    mutating func add(_ message: TextMessage) {
        messages += 1
        bytes += message.count
    }

    mutating func subtract(_ message: TextMessage) {
        messages -= 1
        bytes -= message.count
    }
}

/// The payload of one text message: valid UTF-8.
typealias TextMessage = [UInt8]

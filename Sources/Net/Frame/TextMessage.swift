/// The payload of one text message: valid UTF-8.
typealias TextMessage = [UInt8]

internal import Foundation
internal import NIOCore
internal import Net
internal import Rooms

@testable internal import Configuration

/// The bytes of a `site_conf.json`: settings within their ranges, or errors that name their place.
func fuzzConfiguration(_ bytes: [UInt8]) throws {
    let reference = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    let isPlain = !bytes.prefix(4).contains(0)
    let root: JSONNode
    do {
        root = try JSONNode.read(bytes)
    } catch {
        try expect(error.line >= 1 && error.column >= 1, "a place before the file")
        try expect(error.column <= bytes.count + 1, "a place behind the file")
        let isDeep = error.text.contains("nested deeper")
        let isKnown = isDeep || hasTrailingComma(bytes) || !isPlain
        return try expect(isKnown || reference == nil, "refused, and Foundation reads it: \(error.text)")
    }
    try expect(hasDigit(bytes) || reference != nil || !isPlain, "read, and Foundation refuses it")
    for environmentURL in [nil, String(decoding: bytes.prefix(64), as: UTF8.self)] {
        do {
            let conf = try SiteConfReader.read(root, directory: "/d", environmentURL: environmentURL, source: "conf")
            try check(conf)
        } catch let errors as ConfigErrors {
            try expect(!errors.issues.isEmpty && errors.lines.count == errors.issues.count, "an error without an issue")
            for issue in errors.issues {
                let isRoot = issue.path.isEmpty && issue.text.hasPrefix("expected an object")
                try expect(isRoot || !issue.path.isEmpty, "an issue without a path: \(issue.text)")
                try expect(!issue.path.utf8.contains { $0 < 0x20 }, "a path of more than one line")
                try expect(!issue.text.isEmpty, "an issue without words at \(issue.path)")
            }
        }
    }
}

private func check(_ conf: SiteConf) throws(BrokenRule) {
    try expect((2...100).contains(conf.databasePoolSize), "db_pool_size \(conf.databasePoolSize)")
    let rooms = conf.roomLimits
    try expect(rooms.historyOnJoin <= rooms.historyMax, "history_on_join \(rooms.historyOnJoin)")
    try expect((1...65_536).contains(rooms.recentPerRoom), "recent_per_room \(rooms.recentPerRoom)")
    for address in [conf.wsServer.address, conf.htmlServer?.address, conf.opsServer?.address].compactMap(\.self) {
        try expect((0...65_535).contains(address.port) && !address.host.isEmpty, "the address \(address)")
    }
    let limits = conf.netLimits
    try expect((1...16_777_216).contains(limits.messageBytesMax), "message_bytes_max \(limits.messageBytesMax)")
    try expect(limits.messageBytesMax <= limits.sendQueueBytesMax, "send_queue_bytes_max \(limits.sendQueueBytesMax)")
    let times = [
        limits.handshakeTimeout, limits.pingInterval, limits.pingTimeout, limits.slowTimeout,
        conf.sessionCheckInterval.map { TimeAmount($0) },
    ]
    for time in times.compactMap(\.self) {
        try expect(time >= .milliseconds(100) && time <= .hours(1), "\(time)")
    }
    try expect(conf.drainTimeout >= .zero && conf.drainTimeout <= .seconds(300), "drain_timeout_s \(conf.drainTimeout)")
    if case .embedded(let directory) = conf.database { try expect(!directory.isEmpty, "a cluster without a directory") }
}

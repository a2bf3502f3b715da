internal import NIOCore
internal import Net
internal import Rooms

extension SiteConf {
    /// The limits of the network side.
    var netLimits: NetLimits {
        var net = NetLimits()
        net.messageBytesMax = limits.messageBytesMax
        net.connectionsMax = limits.connectionsMax
        net.connectionsPerAddressMax = limits.connectionsPerAddressMax
        net.handshakeTimeout = limits.handshakeTimeout.map { TimeAmount($0) }
        net.pingInterval = limits.pingInterval.map { TimeAmount($0) }
        net.pingTimeout = limits.pingTimeout.map { TimeAmount($0) }
        net.sendQueueBytesMax = limits.sendQueueBytesMax
        net.slowTimeout = limits.slowTimeout.map { TimeAmount($0) }
        net.messagesPerSecond = limits.messagesPerSecond
        net.messagesBurst = Double(limits.messagesBurst)
        net.sessionMessagesPerSecond = limits.sessionMessagesPerSecond
        net.sessionMessagesBurst = Double(limits.sessionMessagesBurst)
        return net
    }

    /// The limits of the core.
    var roomLimits: RoomLimits {
        var rooms = RoomLimits()
        rooms.recentPerRoom = recentPerRoom
        rooms.historyOnJoin = historyOnJoin
        rooms.historyMax = historyMax
        rooms.connectionsPerSessionMax = limits.connectionsPerSessionMax
        return rooms
    }
}

extension TLSConf {
    /// The files as the network side names them.
    var files: TLSFiles { TLSFiles(certificate: certificate, key: privateKey, chain: chain) }
}

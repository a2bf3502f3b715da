internal import Net
internal import Rooms

extension Settings {
    static let limits = SettingGroup(
        "Limits", section: "limits",
        [
            Setting(
                "limits.edit_window_s", \.netLimits.editWindowSeconds,
                .optionalWholeNumber(1...2_147_483_647, off: "for no end"), unit: "seconds", .atOnce,
                "The time in which authors may edit and delete their messages; moderators always may."),
            Setting(
                "limits.message_bytes_max", \.netLimits.messageBytesMax, .wholeNumber(1...16_777_216), unit: "bytes",
                .restart,
                "The longest message that a client may send, inflated; at most send_queue_bytes_max."),
            Setting(
                "limits.connections_max", \.netLimits.connectionsMax, .optionalWholeNumber(1...10_000_000),
                unit: "clients", .restart,
                "Clients of this process at once."),
            Setting(
                "limits.connections_per_address_max", \.netLimits.connectionsPerAddressMax,
                .optionalWholeNumber(1...10_000_000), unit: "clients", .newConnections,
                "Clients of one address, or IPv6 /64, at once, including sockets that have not sent a request yet."),
            Setting(
                "limits.connections_per_session_max", \.roomLimits.connectionsPerSessionMax,
                .optionalWholeNumber(1...10_000_000), unit: "clients", .restart,
                "Clients of one session at once."),
            Setting(
                "limits.handshake_timeout_s", \.netLimits.handshakeTimeout, .optionalSeconds(0.1...3600),
                unit: "seconds", .newConnections,
                "The time from accept to the authenticated client, including the wait for its turn to log in."),
            Setting(
                "limits.ping_interval_s", \.netLimits.pingInterval, .optionalSeconds(0.1...3600), unit: "seconds",
                .newConnections,
                "A client that was silent for this time is pinged."),
            Setting(
                "limits.ping_timeout_s", \.netLimits.pingTimeout, .optionalSeconds(0.1...3600), unit: "seconds",
                default: DerivedDefault("null if ping_interval_s is off") { conf in
                    conf.netLimits.pingInterval == nil ? nil : conf.netLimits.pingTimeout
                }, .newConnections,
                "The time that the pong may take; a client without one is disconnected."),
            Setting(
                "limits.send_queue_bytes_max", \.netLimits.sendQueueBytesMax, .wholeNumber(4096...1_073_741_824),
                unit: "bytes", .restart,
                "The maximum that is queued for a slow reader; beyond it the server waits for the reader."),
            Setting(
                "limits.slow_timeout_s", \.netLimits.slowTimeout, .optionalSeconds(0.1...3600), unit: "seconds",
                .newConnections,
                "The time after which a slow reader without any progress is disconnected."),
            Setting(
                "limits.messages_per_s", \.netLimits.messagesPerSecond, .optionalNumber(0.01...1_000_000),
                unit: "messages a second", .newConnections,
                "The average rate at which one client may send."),
            Setting(
                "limits.messages_burst", \.netLimits.messagesBurst, .wholeNumber(1...1_000_000), unit: "messages",
                .newConnections,
                "The messages that one client may send at once; without effect while messages_per_s is off."),
            // A session may use several connections at once: by default its limit is that of ten connections.
            Setting(
                "limits.session_messages_per_s", \.netLimits.sessionMessagesPerSecond,
                .optionalNumber(0.01...1_000_000), unit: "messages a second",
                default: DerivedDefault("ten times messages_per_s") { conf in
                    conf.netLimits.messagesPerSecond.map { $0 * 10 }
                }, .newConnections,
                "The average rate at which all clients of one session to this process may send together."),
            Setting(
                "limits.session_messages_burst", \.netLimits.sessionMessagesBurst, .wholeNumber(1...1_000_000),
                unit: "messages",
                default: DerivedDefault("ten times messages_burst") { conf in conf.netLimits.messagesBurst * 10 },
                .newConnections,
                "The messages that all clients of one session may send at once."),
        ])
}

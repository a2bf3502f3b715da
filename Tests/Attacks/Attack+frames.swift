internal import CZlib

extension Attack {
    static let frames: [Attack] = [
        Attack("empty fragments", expect: ["close 1009"]) { target in
            let users = try target.users(20)
            let fragments = [[UInt8]](repeating: AttackFrame.bytes(0, isFinal: false), count: 100_000).flatMap(\.self)
            var outcomes = Outcomes()
            for user in users {
                user.send(AttackFrame.bytes(1, isFinal: false))
                user.send(fragments)
            }
            outcomes.add(users)
            return outcomes
        },
        // Who does not read for a second longer does not see the close frame.
        Attack("pings, pongs unread", expect: ["close 4429", "ended", "reset"]) { target in
            let users = try target.users(20)
            let pings = [[UInt8]](
                repeating: AttackFrame.bytes(9, [UInt8](repeating: 120, count: 125)), count: 200
            ).flatMap(\.self)
            return target.flood(users, with: pings)
        },
        Attack("unsolicited pongs", expect: ["close 4429", "reset"]) { target in
            let users = try target.users(20)
            let pongs = [[UInt8]](repeating: AttackFrame.bytes(10), count: 5000).flatMap(\.self)
            return target.flood(users, with: pongs)
        },
        Attack("deflate bombs", expect: ["close 1009"]) { target in
            let bomb = deflated([UInt8](repeating: 0x20, count: 64 << 20))
            let users = try target.users(20, headers: ["Sec-WebSocket-Extensions: permessage-deflate"])
            for user in users { user.send(AttackFrame.bytes(1, bomb, isCompressed: true)) }
            var outcomes = Outcomes()
            outcomes.remark = "\(bomb.count) bytes claiming 64 MiB each"
            outcomes.add(users)
            return outcomes
        },
        Attack("invalid UTF-8", expect: ["close 1007"]) { target in
            try target.send(AttackFrame.bytes(1, [UInt8](repeating: 0xff, count: 1000)), byUsers: 500)
        },
        Attack("garbage", expect: ["HTTP 400", "ended", "reset", "close 1002"]) { target in
            var outcomes = Outcomes()
            var random = SystemRandomNumberGenerator()
            for number in 0..<target.count(500) {
                // Never a line's end, or some would be told that their request is empty.
                let garbage = (0..<20_000).map { _ in UInt8.random(in: 0x80...0xff, using: &random) }
                let stranger = try AttackSocket(target.port)
                stranger.send(garbage)
                outcomes.add([stranger])
                // A reserved opcode, whatever follows.
                let user = try AttackSocket.upgraded(target.port, "session_key=\(target.key(number))&history=0")
                user.send([0x83] + garbage)
                outcomes.add([user])
            }
            return outcomes
        },
        Attack("claims of 2^62 bytes", expect: ["close 1009"]) { target in
            try target.send(
                AttackFrame.header(1, claiming: 1 << 62) + [UInt8](repeating: 0x20, count: 1000), byUsers: 500)
        },
        Attack("frames without a mask", expect: ["close 1002"]) { target in
            try target.send([0x81, 2, 0x7b, 0x7d], byUsers: 500)
        },
    ]

    /// The bytes as one message of permessage-deflate (RFC 7692, section 7.2.1).
    private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, Z_BEST_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 16)
        let count = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                deflate(&stream, Z_SYNC_FLUSH)
                return output.count - Int(stream.avail_out)
            }
        }
        return Array(output[..<(count - 4)])
    }
}

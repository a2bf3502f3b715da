internal import Foundation
internal import NIOCore
internal import NIOSSL
internal import Net
internal import TestKit
internal import Testing

@Suite struct TLSTests {
    /// A self-signed certificate for this machine, made by the `openssl` command.
    private func withCertificate(_ test: (TLSFiles) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "roomcast-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (certificate, key) = (folder.appending(path: "cert.pem").path, folder.appending(path: "key.pem").path)
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
            certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        try await test(TLSFiles(certificate: certificate, key: key, chain: []))
    }

    @Test func talksOverTLS() async throws {
        try await withCertificate { files in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .file(files.certificate)
            let trusting = try NIOSSLContext(configuration: configuration)
            try await TestServer.run(tls: try files.context()) { server in
                let alice = try await server.open("/?session_key=alice") { channel in
                    try channel.pipeline.syncOperations.addHandler(
                        try NIOSSLClientHandler(context: trusting, serverHostname: "localhost"))
                }
                #expect(await alice.frame()?.text.contains(#""user":"Alice""#) == true)
                try await alice.send(.text(#"{"message":"one"}"#), .text(#"{"message":"two"}"#), .ping("p"))
                var frames: [ServerFrame] = []
                for _ in 0..<3 { frames += [await alice.frame()].compactMap { $0 } }
                #expect(frames.compactMap(\.seq) == [1, 2])
                #expect(frames.contains(ServerFrame(first: 0x8A, payload: [112])))
                let large = String(repeating: "x", count: 60_000)
                try await alice.say(large)
                #expect(await alice.frame()?.text.contains(large) == true)
                try await alice.send(.close(1000))
                #expect(await alice.frame()?.closeCode == 1000)
                #expect(await alice.frame() == nil)
            }
        }
    }

    /// RFC 8996: TLS before 1.2 is not to be used.
    @Test(arguments: [(TLSVersion.tlsv1, false), (.tlsv11, false), (.tlsv12, true), (.tlsv13, true)])
    func speaksNoTLSBefore12(newest: TLSVersion, isWelcome: Bool) async throws {
        try await withCertificate { files in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            configuration.minimumTLSVersion = .tlsv1
            configuration.maximumTLSVersion = newest
            let context = try NIOSSLContext(configuration: configuration)
            try await TestServer.run(tls: try files.context()) { server in
                let client = try await server.connect { channel in
                    try channel.pipeline.syncOperations.addHandler(
                        try NIOSSLClientHandler(context: context, serverHostname: nil))
                }
                client.queue(TestServer.request("/?session_key=alice"))
                #expect(await client.responseHead().hasPrefix("HTTP/1.1 101") == isWelcome)
            }
        }
    }

    @Test func saysNothingToAClientWithoutTLS() async throws {
        try await withCertificate { files in
            try await TestServer.run(tls: try files.context()) { server in
                let plain = try await server.connect()
                try await plain.send(TestServer.request("/?session_key=alice"))
                #expect(await plain.responseHead().isEmpty)
            }
        }
    }

    @Test func refusesAKeyOfAnotherCertificate() async throws {
        try await withCertificate { first in
            try await withCertificate { second in
                #expect(throws: (any Error).self) {
                    try TLSFiles(certificate: first.certificate, key: second.key, chain: []).context()
                }
            }
        }
    }
}

package import Foundation

/// A self-signed certificate for this machine and its key, as files created by the `openssl` command.
package struct Certificate: Sendable {
    /// The certificate in PEM format.
    package let certificate: URL
    /// Its private key in PEM format.
    package let key: URL

    /// A failure of openssl.
    package struct Failure: Error {
        /// The output of openssl.
        package let words: String
    }

    /// Creates a certificate with the given name in a directory.
    package static func make(_ name: String, in directory: URL) async throws -> Certificate {
        let made = Certificate(
            certificate: directory.appending(path: "\(name).cert.pem"),
            key: directory.appending(path: "\(name).key.pem"))
        let run = try await AppCommand.run(
            openssl,
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                + ["-subj", "/CN=localhost", "-days", "2", "-keyout", made.key.path, "-out", made.certificate.path])
        guard run.code == 0 else { throw Failure(words: run.stderr) }
        return made
    }

    /// The certificate that a port of 127.0.0.1 presents, in PEM format as in the file.
    package static func shown(_ port: Int) async throws -> String {
        let run = try await AppCommand.run(openssl, ["s_client", "-connect", "127.0.0.1:\(port)"])
        guard let start = run.stdout.range(of: "-----BEGIN CERTIFICATE-----"),
            let end = run.stdout.range(of: "-----END CERTIFICATE-----\n")
        else { throw Failure(words: run.stdout + run.stderr) }
        return String(run.stdout[start.lowerBound..<end.upperBound])
    }

    /// The text of the certificate.
    package func text() throws -> String { try String(contentsOf: certificate, encoding: .utf8) }

    /// Copies both files over others; either one may be passed alone.
    package static func copy(_ from: [URL], over to: [URL]) throws {
        for (source, target) in zip(from, to) { try Data(contentsOf: source).write(to: target) }
    }

    private static let openssl = URL(filePath: "/usr/bin/openssl")
}

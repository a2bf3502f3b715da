package import NIOSSL

/// The files of a TLS server.
package struct TLSFiles: Sendable, Hashable {
    /// The certificate in PEM format, followed by its chain if it has one.
    package var certificate: String
    /// Its private key in PEM format.
    package var key: String
    /// Further certificates of the chain in PEM format.
    package var chain: [String]

    /// Paths of PEM files.
    package init(certificate: String, key: String, chain: [String]) {
        self.certificate = certificate
        self.key = key
        self.chain = chain
    }

    /// A server context of TLS 1.2 and newer.
    ///
    /// - Throws: `TLSFileError` if a file cannot be read, `NIOSSLError` if key and certificate do not match.
    package func context() throws -> NIOSSLContext {
        let certificates = try ([certificate] + chain).flatMap {
            try TLSFileError.naming($0) { try NIOSSLCertificate.fromPEMFile($0) }
        }
        let privateKey = try TLSFileError.naming(key) { try NIOSSLPrivateKey(file: $0, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) },
            privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}

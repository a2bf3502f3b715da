public import NIOSSL

/// The files of a TLS server.
public struct TLSFiles: Sendable, Hashable {
    /// The certificate in PEM format, followed by its chain if it has one.
    public var certificate: String
    /// Its private key in PEM format.
    public var key: String
    /// Further certificates of the chain in PEM format.
    public var chain: [String]

    /// Paths of PEM files.
    public init(certificate: String, key: String, chain: [String]) {
        self.certificate = certificate
        self.key = key
        self.chain = chain
    }

    /// A server context of TLS 1.2 and newer.
    ///
    /// - Throws: `NIOSSLError` or an error of the file system, if a file cannot be read or key and certificate differ.
    public func context() throws -> NIOSSLContext {
        let certificates = try ([certificate] + chain).flatMap { try NIOSSLCertificate.fromPEMFile($0) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}

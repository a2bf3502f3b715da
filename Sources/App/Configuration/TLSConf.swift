package import Net

/// `cert`, `key` and `ca` of a server.
package struct TLSConf: Sendable, Equatable {
    /// `cert`: path of the certificate (PEM), with or without its chain.
    var certificate: String?
    /// `key`: path of the private key (PEM, no passphrase).
    var privateKey: String?
    /// `ca`: paths of further certificates of the chain (PEM), in the order they are sent.
    var chain: [String] = []

    /// The files; nil when connections are not encrypted.
    package var files: TLSFiles? {
        guard let certificate, let privateKey else { return nil }
        return TLSFiles(certificate: certificate, key: privateKey, chain: chain)
    }
}

/// The TLS files of a server.
struct TLSConf: Sendable, Equatable {
    /// `cert`: path of the certificate (PEM), with or without its chain.
    var certificate: String
    /// `key`: path of the private key (PEM, no passphrase).
    var privateKey: String
    /// `ca`: paths of further certificates of the chain (PEM), in the order they are sent.
    var chain: [String]
}

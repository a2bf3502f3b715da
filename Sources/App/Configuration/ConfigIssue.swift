/// One thing that is wrong with a configuration.
struct ConfigIssue: Sendable, Equatable {
    /// Where in the tree, as `limits.messages_per_s` or `trusted_proxies[0]`; empty for the document itself.
    var path: String
    /// What is wrong and what would be right; never the value of a secret.
    var text: String
    /// Where in the file, if it comes from one: orders the issues as the operator reads the file.
    var position: JSONPosition?
}

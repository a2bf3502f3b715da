/// One thing that is wrong with a configuration.
package struct ConfigIssue: Sendable, Equatable {
    /// Where in the tree, such as `limits.messages_per_s` or `trusted_proxies[0]`; empty for the document itself.
    package var path: String
    /// What is wrong and what would be correct; never the value of a secret.
    package var text: String
    /// The position in the file, if it comes from one; it gives the order of the issues.
    var position: JSONPosition?
}

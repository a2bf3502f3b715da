/// A default that follows from settings that are declared before it.
struct DerivedDefault<Value>: Sendable {
    /// How it follows, such as `ten times messages_per_s`.
    let note: String
    let value: @Sendable (SiteConf) -> Value

    init(_ note: String, _ value: @escaping @Sendable (SiteConf) -> Value) {
        self.note = note
        self.value = value
    }
}

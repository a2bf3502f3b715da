/// The settings of a server that may be turned off.
protocol OptionalServerConf {
    /// The defaults.
    init()
}

extension Optional where Wrapped: OptionalServerConf {
    /// Whether the server is on; turning it on gives it the defaults.
    var isOn: Bool {
        get { self != nil }
        set { self = newValue ? self ?? Wrapped() : nil }
    }

    /// Its settings; those of a server that is off are the defaults, and cannot be set.
    var settings: Wrapped {
        get { self ?? Wrapped() }
        set { if isOn { self = newValue } }
    }
}

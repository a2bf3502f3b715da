internal import SystemPackage

/// What an attack could not do.
struct AttackFailure: Error, CustomStringConvertible {
    let description: String

    init(_ step: String, _ code: CInt) {
        description = code == 0 ? step : "\(step): \(Errno(rawValue: code).description)"
    }
}

internal import Glibc

/// How long a connection is silent between two messages.
enum SpeechPause {
    /// A pause in seconds, exponentially distributed and at most ten times its mean.
    ///
    /// - Parameter uniform: a random number in 0..<1.
    static func next(mean: Double, uniform: Double) -> Double { min(-log(1 - uniform), 10) * mean }
}

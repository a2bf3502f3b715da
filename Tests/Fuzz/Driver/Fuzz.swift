internal import CFuzzer
internal import Foundation
internal import FuzzTargets

/// `ROOMCAST_FUZZ_TARGET=TARGET fuzz [libFuzzer's arguments]`: lets libFuzzer try inputs on one target until one fails or
/// the time is over. The target is no argument, for libFuzzer starts this program again with its own.
@main enum Fuzz {
    /// Set once, before the first input.
    nonisolated(unsafe) private static var target = FuzzTarget.frames

    static func main() {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
        let name = ProcessInfo.processInfo.environment["ROOMCAST_FUZZ_TARGET"] ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            complain("ROOMCAST_FUZZ_TARGET must be one of the targets: \(names)")
            exit(64)
        }
        Self.target = target
        var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        var count = CInt(arguments.count - 1)
        let status = arguments.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            return LLVMFuzzerRunDriver(&count, &start) { start, count in
                Fuzz.tryOne(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            }
        }
        exit(status)
    }

    /// A broken rule ends the process, as a trap does: libFuzzer keeps the input.
    private static func tryOne(_ input: [UInt8]) {
        do {
            try target.run(input)
        } catch {
            complain("BROKEN \(target.rawValue): \(error)")
            abort()
        }
    }

    private static func complain(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
}

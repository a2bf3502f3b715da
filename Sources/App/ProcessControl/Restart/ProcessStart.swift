internal import CSpawn
internal import Glibc
internal import SystemPackage

/// Starts a program that outlives this process and inherits some of its descriptors.
///
/// Not swift-subprocess: its child belongs to the call that started it and inherits only stdin, stdout and stderr.
enum ProcessStart {
    /// Starts the program in a session of its own, with this process's stdin, stdout and stderr, no signal blocked, and
    /// the descriptors as numbers 3, 4, 5 …; no other is inherited. The caller still owns the descriptors.
    static func start(
        _ program: Program, environment: [String: String], descriptors: [Int32]
    ) throws(RestartFailure) -> pid_t {
        guard descriptors.count <= Handover.descriptorsMax else { throw .notStarted("too many sockets") }
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        try check(unsafe posix_spawn_file_actions_init(&actions))
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        try check(unsafe posix_spawnattr_init(&attributes))
        defer { unsafe posix_spawnattr_destroy(&attributes) }

        // Uses copies with high numbers, so that none is overwritten before it is copied to its place.
        let copies = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, Handover.firstDescriptor + Int32(descriptors.count)) }
        defer { for copy in copies where copy >= 0 { close(copy) } }
        var number = Handover.firstDescriptor
        for copy in copies {
            guard copy >= 0 else { throw .notStarted("\(Errno(rawValue: errno))") }
            try check(unsafe posix_spawn_file_actions_adddup2(&actions, copy, number))
            number += 1
        }
        // Client sockets are not marked close-on-exec.
        try check(unsafe posix_spawn_file_actions_addclosefrom_np(&actions, number))

        var none = sigset_t()
        unsafe sigemptyset(&none)
        try check(unsafe posix_spawnattr_setsigmask(&attributes, &none))
        try check(unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | SPAWN_SETSID))

        var pid = pid_t()
        let arguments = CStringArray([program.path] + program.arguments)
        let variables = CStringArray(environment.map { "\($0.key)=\($0.value)" })
        try check(unsafe posix_spawn(&pid, program.path, &actions, &attributes, arguments.pointers, variables.pointers))
        return pid
    }

    private static func check(_ code: Int32) throws(RestartFailure) {
        guard code == 0 else { throw .notStarted("\(Errno(rawValue: code))") }
    }
}

/// A nil-terminated array of C strings, which this object alone owns and frees.
@safe private final class CStringArray {
    let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) { unsafe pointers = unsafe strings.map { unsafe strdup($0) } + [nil] }

    deinit { unsafe pointers.forEach { unsafe free($0) } }
}

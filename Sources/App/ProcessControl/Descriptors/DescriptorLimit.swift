internal import Glibc

/// How many descriptors the process may have open (RLIMIT_NOFILE, getrlimit(2)).
enum DescriptorLimit {
    /// Raises the soft limit to the wanted number or, if that is lower, to the hard limit; returns the limit in force.
    static func raise(to wanted: Int) -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
        let raised = min(rlim_t(wanted), limit.rlim_max)
        if raised > limit.rlim_cur {
            let old = limit.rlim_cur
            limit.rlim_cur = raised
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = old }
        }
        return Int(clamping: limit.rlim_cur)
    }
}

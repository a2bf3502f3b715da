/// How the process ends; the numbers are those of sysexits.h.
package enum ExitStatus: Int32, Sendable {
    /// Everything was done.
    case clean = 0
    /// `load` found messages lost, duplicated or out of order, or could not connect.
    case auditFailed = 1
    /// The command line is invalid.
    case usage = 64
    /// The database could not be reached in time.
    case databaseUnavailable = 69
    /// An error in this program.
    case internalError = 70
    /// The configuration, or something that it names, is wrong.
    case configuration = 78
}

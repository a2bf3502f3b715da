internal import ArgumentParser
internal import Dispatch
internal import Glibc

/// Where the process begins.
@main
enum EntryPoint {
    /// Runs the command line on other threads, while the first one waits.
    ///
    /// An asynchronous `main` would make it end inside `dispatch_main`, half alive, where glibc cannot take root's rights
    /// from it any more. So nothing here may need the main actor.
    static func main() {
        // First, while there is one thread only.
        Privileges.forswear()
        // Writing to a pipe or socket that the other side has closed must be an error, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let words = Array(CommandLine.arguments.dropFirst())
        if let complaint = UnknownCommand.complaint(about: words, of: AppCommand.self) {
            AppCommand.exit(withError: ValidationError(complaint))
        }
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            await AppCommand.main(nil)
            done.signal()
        }
        done.wait()
    }
}

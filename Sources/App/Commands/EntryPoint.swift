internal import ArgumentParser
internal import Dispatch
internal import Glibc
internal import ProcessControl

/// The entry point of the process.
@main
enum EntryPoint {
    /// Runs the command line on other threads while the first thread waits.
    ///
    /// With an asynchronous `main`, the first thread would end inside `dispatch_main` but stay in the process, and
    /// glibc could not drop root's privileges on it any more. So nothing here may need the main actor.
    static func main() {
        // Called first, while there is only one thread.
        Privileges.forswear()
        // Writing to a pipe or socket that the peer has closed must be an error and not end the process.
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

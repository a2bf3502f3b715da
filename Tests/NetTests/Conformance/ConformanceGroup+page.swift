extension ConformanceGroup {
    /// `docs/conformance.md`: made from the cases, so that list and cases agree.
    static var page: String {
        let count = all.reduce(0) { $0 + $1.cases.count }
        return introduction(count) + all.map(\.chapter).joined()
    }

    private static func introduction(_ count: Int) -> String {
        """
        # Conformance

        Every case below is run by `ConformanceTests`: a raw client on a real socket, against the echo of `App echo`, whose frames, closing and compression are the
        chat server's. \(count) cases. A number is RFC, section, and place within the section. "Fails" means: a close frame with the code that the
        RFC has for it (1002, 1007 or 1009), and at once the end of the server's side. Every other case ends with a closing handshake that must
        succeed. A test compares this page with the cases.

        Beyond these, `FrameReaderTests` cuts conversations at every byte and at random, and `RefusalTests` and `UpgradeRequestTests` check the
        opening handshake (RFC 6455 section 4).

        The fuzzing client of the Autobahn test suite can be pointed at `App echo --port 9001`; a heading names its section that looks at the
        same matter.

        """
    }

    private var chapter: String {
        let rows = cases.map { "| \($0.number) | \($0.title) |\n" }.joined()
        let heading = suite.isEmpty ? title : "\(title) (Autobahn \(suite))"
        return "\n## \(heading)\n\n| case | what is so |\n|---|---|\n\(rows)"
    }
}

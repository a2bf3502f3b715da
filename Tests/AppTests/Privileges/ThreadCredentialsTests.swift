import Testing

@testable import Exit
@testable import ProcessControl

@Suite struct ThreadCredentialsTests {
    private let account = Account(name: "chat", userID: 7, groupID: 8, groups: [8, 9])

    private static let good = """
        Name:\tApp
        Uid:\t7\t7\t7\t7
        Gid:\t8\t8\t8\t8
        Groups:\t9 8 \nCapInh:\t0000000000000000
        CapPrm:\t0000000000000000
        CapEff:\t0000000000000000
        CapBnd:\t000001ffffffffff
        CapAmb:\t0000000000000000
        NoNewPrivs:\t1

        """

    @Test func accountAloneIsNoExcess() {
        #expect(ThreadCredentials(status: Self.good).excess(over: account) == nil)
    }

    @Test(arguments: [
        ("Uid:\t7\t7\t7\t7", "Uid:\t7\t7\t0\t7", "Uid: 7 7 0 7"),
        ("Uid:\t7\t7\t7\t7", "Uid:\t7", "Uid: 7"),
        ("Gid:\t8\t8\t8\t8", "Gid:\t8\t8\t8\t0", "Gid: 8 8 8 0"),
        ("Groups:\t9 8 ", "Groups:\t0 8 9 ", "Groups: 0 8 9"),
        ("Groups:\t9 8 ", "Groups:\t", "Groups: "),
        ("CapInh:\t0", "CapInh:\t8", "CapInh: 8000000000000000"),
        ("CapPrm:\t0000000000000000", "CapPrm:\t0000000000000400", "CapPrm: 0000000000000400"),
        ("CapEff:\t0000000000000000", "CapEff:\tx", "CapEff: x"),
        ("CapAmb:\t0000000000000000\n", "", "CapAmb: missing"),
        ("NoNewPrivs:\t1", "NoNewPrivs:\t0", "NoNewPrivs: 0"),
    ])
    func excessIsNamed(line: String, changed: String, excess: String) {
        let status = Self.good.replacing(line, with: changed)
        #expect(ThreadCredentials(status: status).excess(over: account) == excess)
    }

    @Test func onlyRootBecomesSomebodyElse() throws {
        #expect(try Account.wanted(user: nil, group: nil) == nil)
        #expect(throws: ExitFailure.self) { try Account.wanted(user: "root", group: nil, effective: 7) }
        #expect(throws: ExitFailure.self) { try Account.wanted(user: "root", group: nil, effective: 0) }
        let nobody = try #require(try Account.wanted(user: "nobody", group: nil, effective: 0))
        #expect(nobody.groups.contains(nobody.groupID))
        // After a restart.
        #expect(try Account.wanted(user: "nobody", group: nil, effective: nobody.userID) == nil)
        #expect(throws: ExitFailure.self) {
            try Account.wanted(user: "nobody", group: "root", effective: nobody.userID, effectiveGroup: nobody.groupID)
        }
    }
}

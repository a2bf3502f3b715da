import Testing

@testable import DB

@Suite struct HostListTests {
    private func list(_ host: String?, _ hostaddr: String? = nil, port: String? = nil) throws -> HostList {
        var settings = ["dbname": "x"]
        settings["host"] = host
        settings["hostaddr"] = hostaddr
        settings["port"] = port
        return try #require(HostList(settings))
    }

    @Test(arguments: [
        ("db", true), ("db.example", true), ("", false), ("/run/postgresql", false), ("@roomcast", false),
        ("127.0.0.1", false), ("::1", false), ("fe80::1%eth0", false), ("1.2.3", true),
    ])
    func knowsWhatLibpqWouldResolve(host: String, isName: Bool) {
        #expect(HostList.Entry(host: host, address: "", port: "").isName == isName)
        #expect(!HostList.Entry(host: host, address: "10.0.0.1", port: "").isName)
    }

    @Test func listsAreOfOneLength() throws {
        #expect(HostList(["host": "a,b", "hostaddr": "10.0.0.1"]) == nil)
        #expect(HostList(["host": "a,b", "port": "1,2,3"]) == nil)
        #expect(try list("a,b", port: "1").entries.map(\.port) == ["1", "1"])
        #expect(try list(nil).entries == [HostList.Entry(host: "", address: "", port: "")])
        #expect(try list(nil, "10.0.0.1,10.0.0.2").names.isEmpty)
        #expect(try list("a,b,a,/run", "10.0.0.1,,,").names == ["a", "b"])
    }

    @Test func eachAddressBecomesAHostAndANameWithoutOneIsLeftOut() throws {
        var hosts = try list("a,/run,b,c", port: "1,2,3,4")
        hosts.resolve(["a": ["10.0.0.1", "::1"], "b": []], turn: 0)
        #expect(hosts.settings == ["host": "a,a,/run", "hostaddr": "10.0.0.1,::1,", "port": "1,1,2"])
        var none = try list("a,b")
        none.resolve([:], turn: 0)
        #expect(none.entries.isEmpty)
    }

    @Test func addressesAreTriedInTurnAndBounded() throws {
        let addresses = (0..<(DBLimits.addressesPerHostMax + 3)).map { "10.0.0.\($0)" }
        let first = try (0...DBLimits.addressesPerHostMax).map { turn in
            var hosts = try list("a")
            hosts.resolve(["a": addresses], turn: turn)
            #expect(hosts.entries.count == DBLimits.addressesPerHostMax)
            return hosts.entries.first?.address
        }
        #expect(first == addresses.prefix(DBLimits.addressesPerHostMax) + ["10.0.0.0"])
    }
}

internal import NIOCore
internal import Testing

@testable internal import Net

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
        ("255.255.255.255", "255.255.255.255"), ("0.0.0.0", "0.0.0.0"), ("::", "::"), ("::1", "::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        (
            "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
        ),
    ])
    func isWrittenInOneWayOnly(text: String, written: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == written)
        #expect(IPAddress(written) == address)
        let socket = try SocketAddress(ipAddress: text, port: 1)
        #expect(IPAddress(socket) == address)
    }

    @Test(arguments: [
        "", " ", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4:80", "[::1]", "::1%lo", "fe80::1%eth0", "1.2.3.4 ",
        "1.2.3.4\0",
        "localhost", "unknown", ":", ":::", "1::2::3", "12345::", "０.0.0.0", String(repeating: "0", count: 10_000),
    ])
    func anythingElseIsNone(text: String) { #expect(IPAddress(text) == nil) }

    @Test func aUnixSocketHasNone() throws {
        let address = try SocketAddress(unixDomainSocketPath: "/s")
        #expect(IPAddress(address) == nil)
    }

    @Test func aClientOfIPv6HasAWholeSubnet() throws {
        #expect(IPAddress("2001:db8:0:1::1")?.network == IPAddress("2001:db8:0:1:ffff::2")?.network)
        #expect(IPAddress("2001:db8:0:1::1")?.network != IPAddress("2001:db8:0:2::1")?.network)
        #expect(IPAddress("192.0.2.1")?.network != IPAddress("192.0.2.2")?.network)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.0", false), ("192.0.2.1/32", "192.0.2.1", true),
        ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "2001:db8::1", true),
        ("::/0", "203.0.113.9", false), ("2001:db8::/32", "2001:db8:ffff::", true),
        ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8::/65", "2001:db8::7fff:0:0:0", true), ("2001:db8::/65", "2001:db8::8000:0:0:0", false),
        ("::1", "::1", true), ("::1", "::2", false), ("::ffff:10.0.0.0/104", "10.9.9.9", true),
        ("172.16.0.0/12", "172.31.0.1", true), ("172.16.0.0/12", "172.32.0.1", false),
    ])
    func aBlockHoldsWhatItBeginsWith(block: String, address: String, isIn: Bool) throws {
        let (block, address) = (try #require(AddressBlock(block)), try #require(IPAddress(address)))
        #expect(block.contains(address) == isIn)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8",
        "10.0.0.1/8",
        "::/129", "::1/127", "10.0.0.0/9999999999999999999999", "10.0.0.0/8 ", "any",
    ])
    func whatIsNoBlockIsRefused(text: String) { #expect(AddressBlock(text) == nil) }
}

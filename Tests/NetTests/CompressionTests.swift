internal import Testing

@testable internal import Net

/// Which offers of permessage-deflate are accepted, and how they are answered (RFC 7692 section 7.1).
@Suite struct CompressionTests {
    private func answer(_ headers: String..., policy: Compression.Policy = .remembering) throws -> String? {
        Compression(try ExtensionOffer.list(headers), policy: policy).map {
            String($0.response.dropFirst("permessage-deflate; server_no_context_takeover".count))
        }
    }

    @Test(arguments: [
        ("permessage-deflate", ""), (" permessage-deflate ", ""),
        ("permessage-deflate; server_no_context_takeover", ""),
        ("permessage-deflate; client_no_context_takeover", "; client_no_context_takeover"),
        ("permessage-deflate; client_max_window_bits", ""), ("permessage-deflate; client_max_window_bits=8", ""),
        ("permessage-deflate;client_max_window_bits=\"15\"", ""),
        ("permessage-deflate; server_max_window_bits=9", "; server_max_window_bits=9"),
        ("permessage-deflate; server_max_window_bits=\"1\\0\"", "; server_max_window_bits=10"),
        (
            "permessage-deflate ; server_max_window_bits = 15 ; client_no_context_takeover",
            "; client_no_context_takeover; server_max_window_bits=15"
        ),
    ])
    func accepts(offer: String, answered: String) throws { #expect(try answer(offer) == answered) }

    @Test(arguments: [
        "", "x-webkit-deflate-frame", "Permessage-Deflate", "permessage-deflate; unknown",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=010", "permessage-deflate; server_max_window_bits=x",
        "permessage-deflate; client_max_window_bits=7", "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=08", "permessage-deflate; client_max_window_bits=1000000000000",
    ])
    func declines(offer: String) throws { #expect(try answer(offer) == nil) }

    @Test func takesTheFirstAcceptableOffer() throws {
        #expect(
            try answer(
                "mux, permessage-deflate; unknown, permessage-deflate; server_max_window_bits=10, permessage-deflate")
                == "; server_max_window_bits=10")
        #expect(
            try answer("permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=12")
                == "; server_max_window_bits=12")
        #expect(try answer(",permessage-deflate,", ", ,") == "")
    }

    @Test func answersByPolicy() throws {
        #expect(try answer("permessage-deflate", policy: .off) == nil)
        #expect(try answer("permessage-deflate", policy: .forgetful) == "; client_no_context_takeover")
        let offers = try ExtensionOffer.list(["permessage-deflate"])
        #expect(Compression(offers, policy: .forgetful)?.clientKeepsContext == false)
        #expect(Compression(offers, policy: .remembering)?.clientKeepsContext == true)
        let forgetting = try ExtensionOffer.list(["permessage-deflate; client_no_context_takeover"])
        #expect(Compression(forgetting, policy: .remembering)?.clientKeepsContext == false)
    }

    @Test func readsTheGrammar() throws {
        #expect(
            try ExtensionOffer.list(["a;b;c=d , e; f=\"g\""]) == [
                ExtensionOffer(name: "a", parameters: [.init(name: "b", value: nil), .init(name: "c", value: "d")]),
                ExtensionOffer(name: "e", parameters: [.init(name: "f", value: "g")]),
            ])
    }

    @Test(arguments: [
        ";", "a;", "a; ;b", "a b", "a=b", "a; b=", "a; b=\"", "a; b=\"c", "a; b=\"\"", "a; b=\"c d\"", "a; b=\"c\\\"",
        "a; b==c", "ä", "a; b=\"\u{7f}\"", "a, ;",
    ])
    func refusesWhatIsNotTheGrammar(header: String) {
        #expect(throws: UpgradeRefusal.malformed("Sec-WebSocket-Extensions is malformed")) {
            try ExtensionOffer.list([header])
        }
    }
}

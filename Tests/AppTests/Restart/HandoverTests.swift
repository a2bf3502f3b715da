import Testing

@testable import ProcessControl

@Suite struct HandoverTests {
    @Test func isReadAsItIsWritten() {
        let handover = Handover.numbering(["ws_server", "html_server", "ops_server"])
        #expect(handover.ready == 3)
        #expect(handover.listeners == ["ws_server": 4, "html_server": 5, "ops_server": 6])
        #expect(handover.text == "ready=3,ws_server=4,html_server=5,ops_server=6")
        #expect(Handover(handover.text) == handover)
    }

    @Test func orderAndUnknownNamesDoNotMatter() {
        #expect(
            Handover("future_server=12,ready=10,ws_server=11")
                == Handover(listeners: ["ws_server": 11, "future_server": 12], ready: 10))
    }

    @Test(arguments: [
        "", "ready", "ready=", "=3", "ready=3,", ",ready=3", "ready=x", "ready=-3", "ready=+3", "ready=3=4",
        "ready= 3", "ready=99999999999", "ready=2", "ready=3,ws_server=1", "ws_server=4", "ready=3,ws_server=3",
        "ready=3,ws_server=4,ws_server=5", "ready=3,ready=4", "ready=٣",
        "ready=3," + (4...19).map { "s\($0)=\($0)" }.joined(separator: ","),
    ])
    func nothingElseIsAccepted(text: String) {
        #expect(Handover(text) == nil)
    }
}

import TestKit
import Testing

extension InBrowser {
    /// The page keeps the newest message in view, and its document bounded.
    @Suite(.serialized, .timeLimit(.minutes(3))) struct HTTPChatFollowTests {
        private static let tries = 10
        private static let openings = 5

        @Test(arguments: [5, 10, 15])
        func twoMessagesOneAfterTheOtherDoNotLoseTheEnd(_ paceMs: Int) async throws {
            try await HTTPBrowserFixture.page { browser in
                let lost: Int = try await browser.runAsync(
                    """
                    welcome(40); server(...run(1, 40)); await frames3();
                    let seq = 40, lost = 0;
                    for (let i = 0; i < \(Self.tries); i++) {
                        await pause(20 + 7 * i % 16);
                        server(message(++seq, "one")); await pause(\(paceMs)); server(message(++seq, "two\\nof\\nmore\\nlines"));
                        await frames3();
                        if (below() > 2) { lost += 1; box().scrollTop = box().scrollHeight; await frames3(); }
                    }
                    return lost;
                    """)
                #expect(lost == 0)
            }
        }

        @Test(arguments: [5, 10, 15])
        func openingOverASlowNetworkEndsAtTheNewest(_ paceMs: Int) async throws {
            try await HTTPBrowserFixture.page { browser in
                for _ in 0..<Self.openings {
                    let below: Double = try await browser.runAsync(
                        """
                        welcome(60);
                        for (let seq = 1; seq <= 60; seq += 4) {
                            server(...run(seq, seq + 2), message(seq + 3, "more\\nthan\\none\\nline")); await pause(\(paceMs));
                        }
                        await frames3();
                        return below();
                        """)
                    #expect(below < 2)
                    try await browser.reload()
                    try await browser.wait(until: "document.documentElement.dataset.said == 1")
                }
            }
        }

        @Test func whatGrowsLateKeepsTheEnd() async throws {
            try await HTTPBrowserFixture.page { browser in
                let far: [Double] = try await browser.runAsync(
                    """
                    welcome(60); server(...run(1, 60)); await frames3();
                    const far = [];
                    document.querySelectorAll("#log .text").forEach((each) => (each.style.fontSize = "2rem"));
                    await frames3(); far.push(below());
                    document.querySelector("footer").style.paddingBottom = "300px";
                    await frames3(); far.push(below());
                    document.querySelector("footer").style.paddingBottom = "";
                    document.querySelectorAll("#log .text").forEach((each) => (each.style.fontSize = ""));
                    await frames3(); far.push(below());
                    return far;
                    """)
                #expect(far.allSatisfy { $0 < 2 })
            }
        }

        @Test func readerLeavesTheEndByAnyStepUpAndComesBack() async throws {
            try await HTTPBrowserFixture.page { browser in
                let seen: String = try await browser.runAsync(
                    """
                    welcome(60); server(...run(1, 60)); await frames3();
                    box().scrollTop -= 10;
                    const top = box().scrollTop;
                    await frames3(); server(message(61, "news")); await frames3();
                    const stayed = box().scrollTop === top;
                    box().scrollTop = box().scrollHeight;
                    await frames3(); server(message(62, "more")); await frames3();
                    return stayed + " " + (below() < 2) + " " + document.querySelector("#newest").hidden;
                    """)
                #expect(seen == "true true true")
            }
        }

        @Test func twentyThousandLiveMessagesLeaveABoundedDocument() async throws {
            try await HTTPBrowserFixture.page { browser in
                let seen: [Int] = try await browser.runAsync(
                    """
                    welcome(0);
                    for (let seq = 1; seq <= 20000; seq += 500) {
                        server(...run(seq, seq + 499));
                        await new Promise(requestAnimationFrame);
                    }
                    await frames3();
                    return [texts().length, document.querySelectorAll("*").length, below()].map(Math.round);
                    """)
                #expect(seen[0] <= 1000)
                #expect(seen[1] < 11000)
                #expect(seen[2] < 2)
                let texts: [String] = try await browser.run(
                    """
                    return [texts().at(-1), String(document.querySelector("#older").hidden),
                        String(document.querySelector("#beginning").hidden)];
                    """)
                #expect(texts == ["m20000", "false", "true"])
            }
        }

        @Test func readerFarAboveKeepsItsPlaceWhileManyCome() async throws {
            try await HTTPBrowserFixture.page { browser in
                let seen: [String] = try await browser.runAsync(
                    """
                    welcome(900); server(...run(1, 900)); await frames3();
                    box().scrollTop = 3000; await frames3();
                    const place = () => Math.round(document.querySelector("[data-seq='50']").getBoundingClientRect().top);
                    const before = place();
                    server(...run(901, 1050)); await frames3();
                    const moved = place() - before, button = document.querySelector("#newest").innerText.trim();
                    const rows = texts().length <= 1000;
                    box().scrollTop = box().scrollHeight; await frames3(); await frames3();
                    const news = texts().at(-1), far = below() > 100;
                    box().scrollTop = box().scrollHeight; await frames3();
                    server(message(1051, "live")); await frames3();
                    return [moved, button.startsWith("150 new messages"), rows, news, far, texts().at(-1), below() < 2,
                        document.querySelector("#newest").hidden].map(String);
                    """)
                #expect(seen == ["0", "true", "true", "m1050", "true", "live", "true", "true"])
            }
        }

        @Test func newestComeBackAfterPagingFarBack() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(5000); server(...run(4001, 5000))")
                for first in stride(from: 3901, through: 3401, by: -100) {
                    let _: String? = try await browser.run("document.querySelector('#scroller').scrollTop = 0")
                    try await browser.wait(until: "said.at(-1).history?.before === \(first + 100)")
                    let _: String? = try await browser.run(
                        "server({ history: run(\(first), \(first + 99)), more: true })")
                }
                #expect(try await browser.run("return texts()[0] + ' ' + (texts().length <= 1000)") == "m3401 true")
                let _: String? = try await browser.run("server(message(5001, 'live'))")
                try await browser.wait(until: "document.querySelector('#newest').innerText.includes('1 new message')")
                #expect(try await browser.run("return texts().includes('live')") == false)
                try await browser.click("#newest")
                try await browser.wait(until: "texts().at(-1) === 'live' && document.querySelector('#newest').hidden")
                let seen: [String] = try await browser.runAsync(
                    """
                    await frames3();
                    const asked = said.at(-1).history.before, first = document.querySelector("#log li").dataset.seq;
                    server(message(5002, "later")); await frames3();
                    return [texts().slice(-3).join(" "), String(below() < 2), String(asked), first];
                    """)
                #expect(seen == ["m5000 live later", "true", "3501", "4802"])
            }
        }

        @Test func ownMessageLeadsToTheNewest() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(60); server(...run(1, 60))")
                try await browser.wait(until: "below() < 2")
                let _: String? = try await browser.run("document.querySelector('#scroller').scrollTop = 100")
                try await browser.wait(until: "!document.querySelector('#newest').hidden")
                try await browser.type("mine\u{E007}", into: "#text")
                let end: Double = try await browser.runAsync(
                    """
                    server(message(61, "mine", { user: "ann", id: said.at(-1).id })); await frames3();
                    return below();
                    """)
                #expect(end < 2)
            }
        }
    }
}

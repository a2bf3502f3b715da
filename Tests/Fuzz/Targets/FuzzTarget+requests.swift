/// The first byte chooses the port, the second one the cuts; the rest is what a client sends.
func fuzzRequests(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let port = input.choice(HTTPTrial.Port.allCases)
    let seed = input.byte()
    _ = try HTTPTrial(port).talk(input.rest(), cuts: seed)
}

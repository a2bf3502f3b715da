internal import CLibPQ

@testable internal import Configuration

/// A connection string: what libpq takes for a password in it is not in what is logged.
///
/// The secret of the seeds is looked for, where it stands once: any other password may well be a host's name, too.
func fuzzConnection(_ bytes: [UInt8]) throws(BrokenRule) {
    let secret = "S3CRET"
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else { return }
    let redacted = DatabaseLocation.url(text).redacted
    guard count(secret, in: text) == 1, count(secret, in: redacted) > 0 else { return }
    let isPassword = options(text).contains { secrets.contains($0.keyword) && count(secret, in: $0.value) > 0 }
    try expect(!isPassword, "the password is logged: \(redacted.debugDescription)")
}

private let secrets: Set<String> = ["password", "sslpassword", "oauth_client_secret", "scram_client_key"]

/// By bytes, for so an attacker would look.
private func count(_ word: String, in text: String) -> Int { Array(text.utf8).ranges(of: Array(word.utf8)).count }

/// What libpq reads; nothing if it refuses the string.
private func options(_ text: String) -> [(keyword: String, value: String)] {
    guard let options = PQconninfoParse(text, nil) else { return [] }
    defer { PQconninfoFree(options) }
    var values: [(keyword: String, value: String)] = []
    var index = 0
    while let keyword = options[index].keyword {
        if let value = options[index].val { values.append((String(cString: keyword), String(cString: value))) }
        index += 1
    }
    return values
}

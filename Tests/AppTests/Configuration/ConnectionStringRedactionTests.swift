import Testing

@testable import Configuration

/// No password of a connection string reaches a log.
@Suite struct ConnectionStringRedactionTests {
    @Test(arguments: [
        ("postgresql://chat:secret@db:5432/chat", "postgresql://chat:***@db:5432/chat"),
        ("postgres://chat@db/chat?sslmode=require&password=secret", "postgres://chat@db/chat?sslmode=require"),
        ("postgresql://db/chat?p%61ssword=secret", "postgresql://db/chat"),
        ("postgresql://chat:sec@ret@db/chat", "postgresql://chat:***@db/chat"),
        ("postgresql://chat:se/c?r&et@db/chat", "postgresql://chat:***"),
        ("postgresql://db/chat?user=chat&password=my@secret", "postgresql://db:***"),
        ("postgresql://chat:secret@\u{301}db/chat", "postgresql://chat:***@\u{301}db/chat"),
        ("host=db\u{A0}x password=secret", "host=db\u{A0}x"),
        ("host=db password=secret user=chat", "host=db user=chat"),
        ("host=db password = 'my secret\\' host=x' user=chat", "host=db user=chat"),
        ("host=db sslpassword=secret passfile=/secret", "host=db"),
        ("secret", "a connection string"),
        ("", "a connection string"),
    ])
    func secretsAreLeftOut(text: String, expected: String) {
        let redacted = DatabaseLocation.url(text).redacted
        #expect(redacted == expected)
        #expect(!redacted.contains("secret"))
    }
}

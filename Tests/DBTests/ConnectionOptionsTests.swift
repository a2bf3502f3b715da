import Testing

@testable import DB

@Suite struct ConnectionOptionsTests {
    @Test func addsWhatIsNotGivenOnly() throws {
        let options = try ConnectionOptions(
            url: "postgresql://u:p@h/d?keepalives_idle=99&application_name=mine", applicationName: "chat")
        #expect(options.settings["keepalives_idle"] == "99")
        #expect(options.settings["application_name"] == "mine")
        #expect(options.settings["fallback_application_name"] == "chat")
        #expect(options.settings["tcp_user_timeout"] == "15000")
        #expect(options.settings["dbname"] == "d")
    }

    @Test func badStringIsNotQuoted() {
        #expect(throws: PostgresError.connectionLost("db_url is neither a libpq connection string nor a URI")) {
            try ConnectionOptions(url: "password=hunter2 nonsense", applicationName: "chat")
        }
    }

    @Test func turnsTheHosts() throws {
        let options = try ConnectionOptions(url: "host=a,b,c port=1,2,3 dbname=x,y", applicationName: "chat")
        #expect(options.rotated(by: 4).settings["host"] == "b,c,a")
        #expect(options.rotated(by: 4).settings["port"] == "2,3,1")
        #expect(options.rotated(by: 3).settings == options.settings)
        #expect(options.rotated(by: 1).settings["dbname"] == "x,y")
    }
}

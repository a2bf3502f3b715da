/// Why a text is not JSON, and where.
struct JSONSyntaxError: Error, Equatable {
    var position: JSONPosition
    var text: String
}

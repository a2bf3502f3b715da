/// What processes have learned from the database about a command to change a message.
struct ChangeAnswers {
    /// How often the database has said that the event is stored, and that it was stored before.
    var events = 0
    var repeats = 0
    /// Whether the database has rejected the command when it was alone.
    var isRefusable = false
}

/// Makes session keys.
enum SessionKey {
    /// 256 random bits from the system in lower-case hexadecimal.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        var key = ""
        for _ in 0..<4 {
            let word: UInt64 = generator.next()
            for shift in stride(from: 60, through: 0, by: -4) { key.append(digits[Int(word >> shift & 15)]) }
        }
        return key
    }
}

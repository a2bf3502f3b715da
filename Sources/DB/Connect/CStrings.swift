/// A list of C strings for a call that takes a null-terminated array of them.
struct CStrings {
    private let bytes: [CChar]
    private let starts: [Int]

    /// Copies the strings; C reads a string that holds a NUL only up to the NUL.
    init(_ strings: [String]) {
        var bytes: [CChar] = []
        starts = strings.map { string in
            let start = bytes.count
            bytes.append(contentsOf: string.utf8CString)
            return start
        }
        self.bytes = bytes + [0]
    }

    /// Calls `body` with the array, which is valid during the call only.
    func withPointers<Value>(_ body: ([UnsafePointer<CChar>?]) -> Value) -> Value {
        unsafe bytes.withUnsafeBufferPointer { memory in
            unsafe body(starts.map { start in unsafe memory.baseAddress?.advanced(by: start) } + [nil])
        }
    }
}

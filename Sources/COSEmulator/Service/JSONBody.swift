import PlanCore

/// Reads the JSON body that some SDKs send in place of a form: one object of strings and whole numbers.
enum JSONBody {
    /// Adds its members to `form`.
    static func read(_ body: [UInt8], into form: inout Form) throws(Refusal) {
        var scanner = JSONScanner(body)
        do throws(JSONScanner.Malformed) {
            try scanner.expect("{")
        } catch { throw .form("the body is neither a form nor JSON: \(error)") }
        if scanner.takes("}") { return try end(&scanner) }
        repeat {
            let name: String
            let value: [UInt8]
            do throws(JSONScanner.Malformed) {
                name = String(decoding: try scanner.string(), as: UTF8.self)
                try scanner.expect(":")
                value =
                    scanner.peek() == UInt8(ascii: "\"")
                    ? try scanner.string() : Array("\(try scanner.number())".utf8)
            } catch { throw .form("the JSON body: \(error)") }
            try form.add(try Form.name(name), value)
        } while scanner.takes(",")
        do throws(JSONScanner.Malformed) {
            try scanner.expect("}")
        } catch { throw .form("the JSON body: \(error)") }
        try end(&scanner)
    }

    private static func end(_ scanner: inout JSONScanner) throws(Refusal) {
        do throws(JSONScanner.Malformed) {
            try scanner.expectEnd()
        } catch { throw .form("the JSON body: \(error)") }
    }
}

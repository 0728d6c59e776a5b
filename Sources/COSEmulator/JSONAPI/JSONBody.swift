import COSProtocol
import PlanCore
import ServiceCore

/// Reads the JSON body, one object, that some SDKs send instead of a form.
enum JSONBody {
    /// Adds its strings and whole numbers to `form`.
    ///
    /// Members of other types belong to operations that the emulator does not have and are ignored.
    static func read(_ body: [UInt8], into form: inout Form, limits: EmulatorLimits) throws(Refusal) {
        guard case .members(let members)? = JSONValue(json: body) else {
            throw .form("the body is neither a form nor a JSON object, or names a member twice")
        }
        for member in members {
            let name = try Form.name(member.name)
            switch member.value {
            case .string(var text) where name == WireName.uploadParts:
                var reader = UploadPartsReader(limit: limits.uploadParts)
                text.withUTF8 { unsafe reader.take(UnsafeRawBufferPointer($0)) }
                try form.add(reader)
            case .string(let text): try form.add(name, Array(text.utf8))
            case .integer(let number): try form.add(name, Array("\(number)".utf8))
            case .null, .bool, .otherNumber, .array, .members: break
            }
        }
    }
}

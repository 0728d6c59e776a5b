import CLibCrypto
import Foundation

/// Signs as documented, independently of COSProtocol.
struct TestSigner: Sendable {
    var id = "AKIDEXAMPLE0000000000000000000000000"
    var key = "SECRETKEYEXAMPLE000000000000000000"
    var appID = "1251668577"
    var bucket = "xy2"
    var time = TestService.now
    var expiry = TestService.now + 300
    var nonce = "123456789"
    var fileID = ""
    /// The order of the fields.
    var order = "aketrfb"

    var text: String {
        let values: [Character: String] = [
            "a": appID, "k": id, "e": "\(expiry)", "t": "\(time)", "r": nonce, "f": fileID, "b": bucket,
        ]
        let plain = Array(order.map { "\($0)=\(values[$0] ?? "")" }.joined(separator: "&").utf8)
        var code = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 0
        let secret = Array(key.utf8)
        _ = HMAC(EVP_sha1(), secret, Int32(secret.count), plain, plain.count, &code, &length)
        return Data(code + plain).base64EncodedString()
    }
}

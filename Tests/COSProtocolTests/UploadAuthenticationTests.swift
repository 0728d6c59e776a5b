import PlanCore
import Testing

@testable import COSProtocol

@Suite("Upload that is refused for its signature")
struct UploadAuthenticationTests {
    static let bodies: [Int?] = [nil, 0, -133, -166, -174, -177, -181, -4019, -12_345]

    static func answer(_ code: Int?, status: Int) -> ServiceReply {
        code.map { refused($0, status: status) } ?? json("", status: status)
    }

    @Test(
        "401 and 407 end the upload at every request, with no request after it, whatever the code",
        arguments: bodies, [401, 407])
    func ends(code: Int?, status: Int) throws {
        let reply = Self.answer(code, status: status)
        let scripts: [(Int64, [(String, ServiceReply)])] = [
            (17, [("init", reply)]), (17, [("init", refused(-4019)), ("list", reply)]),
            (17, [("init", fresh), ("data S 0+17", reply)]),
            (17, [("init", fresh), ("data S 0+17", ok("")), ("finish S", reply)]), (0, [("upload", reply)]),
        ]
        for (size, script) in scripts {
            let upload = drive(try plan(size: size), script)
            guard case .refused(.service(let error)) = upload.outcome else {
                Issue.record("\(script.map(\.0)): \(String(describing: upload.outcome))")
                continue
            }
            #expect(error.reaction == (status == 401 ? .refuseCredentials : .refuseConfiguration))
        }
        let compared = drive(try plan(size: 17), [("init", refused(-177)), ("stat", reply)])
        guard case .refused(.notCompared(_, let error)) = compared.outcome else {
            Issue.record("\(String(describing: compared.outcome))")
            return
        }
        #expect(error.status == status)
    }

    @Test("403 is no lost session: no slice is sent again", arguments: [nil, 0, -166, -12_345])
    func forbidden(code: Int?) throws {
        let reply = Self.answer(code, status: 403)
        for script in [
            [("init", fresh), ("data S 0+17", reply)],
            [("init", fresh), ("data S 0+17", ok("")), ("finish S", reply)],
        ] {
            guard case .refused(.service(let error)) = drive(try plan(size: 17), script).outcome else {
                Issue.record("\(script.map(\.0))")
                continue
            }
            #expect(error.reaction == .refuse)
        }
    }
}

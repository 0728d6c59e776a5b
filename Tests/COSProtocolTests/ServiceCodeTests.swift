import ServiceCore
import Testing

@testable import COSProtocol

@Suite("Service codes")
struct ServiceCodeTests {
    func error(_ code: Int64?, status: Int = 400, message: String = "", id: String? = nil) -> ServiceError {
        ServiceError(operation: .finish, status: status, code: code, message: message, requestID: id)
    }

    @Test("numbers and names are each known once")
    func table() {
        let numbers = ServiceCode.table.compactMap(\.number)
        let names = ServiceCode.table.compactMap(\.name)
        #expect(Set(numbers).count == numbers.count)
        #expect(Set(names).count == names.count)
        #expect(
            numbers.sorted() == [
                -29_094, -4019, -181, -180, -179, -178, -177, -176, -175, -174, -173, -171, -168, -166, -133,
                -96, 0,
            ])
    }

    @Test(
        "each answer has its reaction",
        arguments: [
            (-96, .signAgain), (-133, .refuse), (-168, .refuse), (-174, .refuse), (-175, .refuse),
            (-177, .compare), (-178, .refuse), (-180, .refuse), (-181, .retry), (-4019, .resume),
            (-29_094, .refuse), (-166, .beginAgain), (-12_345, .refuse),
        ] as [(Int64, Reaction)])
    func reactions(code: Int64, reaction: Reaction) {
        #expect(error(code).reaction == reaction)
        #expect(error(code, status: 200).reaction == reaction)
        #expect(error(code, status: 500).reaction == .retry)
        #expect(error(code, status: 429).reaction == .retry)
    }

    @Test("a code nobody knows is known by a name in the message")
    func names() {
        #expect(error(-5997, message: "ERROR_CMD_BACKEND_NETWORK timeout").reaction == .retry)
        #expect(error(-4018, message: "ERROR_SAME_FILE_UPLOAD").reaction == .compare)
        #expect(error(-70, message: "[ERROR_PROXY_AUTH_FAILED]").reaction == .refuseCredentials)
        #expect(error(-61, message: "PROXY_AUTH_SECRETID_NOEXIST").reaction == .refuseCredentials)
    }

    @Test("an answer that is not JSON is refused, unless its status is 2xx, 429 or 5xx")
    func notJSON() {
        #expect(error(nil, status: 403).reaction == .refuse)
        #expect(error(nil, status: 200).reaction == .retry)
        #expect(error(nil, status: 502).reaction == .retry)
        #expect(error(nil, status: 429).isThrottling)
        #expect(error(nil, status: 503).isThrottling)
        #expect(!error(nil, status: 502).isThrottling)
    }

    @Test(
        "an XML error document is of another API, and final whatever its status; other bodies are what they were",
        arguments: [
            #"<?xml version="1.0" encoding="UTF-8"?>\#n<Error><Code>NotImplemented</Code></Error>"#,
            "<Error><Code>SlowDown</Code>", "\u{feff} <!-- s3 --><Error xmlns='x'>", "<Error/>",
        ])
    func otherAPI(body: String) {
        for status in [200, 400, 401, 403, 404, 429, 500, 501, 503] {
            let found = error(nil, status: status, message: body)
            #expect(found.isOfXMLAPI && found.reaction == .refuse && !found.isThrottling)
            #expect(found.description.hasSuffix("; the endpoint answers XML: is the XML API or S3 meant?"))
        }
        #expect(error(nil, status: 501).reaction == .refuse)
        #expect(error(-181, status: 503, message: body).reaction == .retry)
        for page in [
            "", "<html>502</html>", #"<?xml version="1.0"?><html><body>"#, "<!DOCTYPE html><Error>",
            "<Errors/>",
            "<?xml", "Error",
        ] {
            #expect(!error(nil, status: 503, message: page).isOfXMLAPI)
            for status in [502, 503, 504] {
                #expect(error(nil, status: status, message: page).reaction == .retry)
            }
        }
    }

    @Test("nothing there is a known code, or a 404 with a code nobody knows, and no page of HTML")
    func nothingThere() {
        #expect(error(-166).saysNothingThere)
        #expect(error(-999, status: 404).saysNothingThere)
        #expect(error(-1, status: 200, message: "ERROR_CMD_FILE_NOTEXIST").saysNothingThere)
        #expect(!error(-133, status: 404).saysNothingThere)
        #expect(!error(nil, status: 404).saysNothingThere)
        #expect(!error(-999).saysNothingThere)
    }

    @Test(
        "401 is about the credentials and 407 about a proxy, whatever the body says; neither is a lost session",
        arguments: [nil, 0, -133, -166, -174, -177, -181, -4019, -29_094, -12_345] as [Int64?])
    func authStatuses(code: Int64?) {
        #expect(error(code, status: 401).reaction == .refuseCredentials)
        #expect(error(code, status: 407).reaction == .refuseConfiguration)
        #expect(error(code, status: 401).description.hasSuffix("that appid and secret id belong together"))
        #expect(error(code, status: 407).description.contains("; the proxy asks for a name and a password: "))
        for status in [401, 403, 407] {
            #expect(!error(code, status: status).saysNothingThere)
            #expect(!error(code, status: status).mayMeanDeadSession)
            #expect(error(code, status: status).reaction != .beginAgain)
        }
    }

    @Test("an expired signature is signed again under 401, too; a wrong one keeps its own advice")
    func authCodes() {
        #expect(error(-96, status: 401).reaction == .signAgain)
        let unknown = error(-61, status: 401, message: "PROXY_AUTH_SECRETID_NOEXIST")
        #expect(unknown.reaction == .refuseCredentials)
        #expect(unknown.description.hasSuffix("; check the secret id"))
    }

    @Test(
        "an error whose code is 0 does not read as a success",
        arguments: [
            (500, "try again later"), (503, "try again later"),
            (400, "check endpoint, region and proxy"), (404, "check endpoint, region and proxy"),
        ])
    func codeZero(status: Int, advice: String) {
        let found = error(0, status: status, message: "SUCCESS", id: "NTli")
        #expect(
            found.description
                == "finish: status \(status), though its code 0 says success, message 'SUCCESS', request id NTli; "
                + advice)
        #expect(found.summary == "status \(status), code 0")
    }

    @Test("an error names operation, code, meaning, status, message, request id and what to do, on one line")
    func wording() {
        #expect(
            error(-174, message: "sha\nmismatch", id: "NTli").description
                == "finish: code -174 (the object's sha differs from the upload's), status 400, message "
                + "'sha\\nmismatch', request id NTli; check the file against the plan; if it is as planned, "
                + "use another key")
        #expect(
            error(-5, status: 200).description
                == "finish: code -5, status 200; look the code up in the service's error table")
        #expect(
            error(nil, status: 403, message: "<html>\r\n").description
                == "finish: status 403 with '<html>\\r\\n' in place of the service's JSON; check endpoint, region "
                + "and proxy")
        #expect(
            error(nil, status: 200).description
                == "finish: status 200 with an empty body in place of the service's JSON; check endpoint, region "
                + "and proxy")
    }
}

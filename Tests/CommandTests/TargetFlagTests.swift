import Foundation
import Testing

@Suite("Target flags")
struct TargetFlagTests {
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "f")
        return folder
    }

    @Test("hash writes what it is given, in order, and says version 2 only where that has something new")
    func written() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            cosplan hash f --region gz --appid 7 --bucket b > plain.yaml || exit 3
            cosplan hash f --region gz --appid 7 --bucket b --api json | cmp - plain.yaml || exit 4
            cosplan hash f --api xml --region ap-guangzhou --appid 7 --bucket b --addressing path \\
                --endpoint HTTPS://Store.example:9000/ > xml.yaml || exit 5
            cosplan verify --strict xml.yaml > /dev/null || exit 6
            sed -n 3,5p plain.yaml; sed -n 3,5p xml.yaml
            """, in: folder.url)
        #expect(shown.status == 0, "\(shown.errors)")
        #expect(
            shown.outputLines == [
                "cosplan: 1", "datasha: state", "target: {region: gz, appid: 7, bucket: b}", "cosplan: 2",
                "datasha: state",
                "target: {api: xml, endpoint: 'https://store.example:9000', addressing: path, region: ap-guangzhou, "
                    + "appid: 7, bucket: b}", "",
            ])
    }

    @Test("a bucket with the appid and a region of the other API are warned of, by hash, verify and push")
    func doubtful() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            cosplan hash f --region ap-guangzhou --appid 7 --bucket b-7 2> hash > plan.yaml || exit 3
            grep -c 'warning: .*without it the name is' hash; grep -c "json API calls it 'gz'" hash
            cosplan verify plan.yaml | grep -c 'warning R43'
            cosplan verify --strict plan.yaml > strict; echo $?
            cosplan hash f 2> hash > bare.yaml; grep -c warning hash
            cosplan push -n bare.yaml --api xml --region ap-guangzhou --appid 7 --bucket b-7 2> push > sent || exit 4
            grep -c "warning: .*without it the name is 'b'" push
            cosplan push -n bare.yaml --api xml --region ap-guangzhou --appid 7 --bucket b 2> push > sent || exit 5
            grep -c warning push
            """, in: folder.url)
        #expect(
            shown.outputLines == ["1", "1", "2", "1", "0", "1", "0", ""],
            "\(shown.output)\(shown.errors)")
    }

    @Test("hash refuses keys by its API's rules, before it reads a file")
    func keys() async throws {
        let folder = try folder()
        try folder.write("x", to: "a*b")
        let shown = try await CosplanProcess.shell(
            """
            long=$(printf 'k%.0s' $(seq 1 849))
            plan() { cosplan hash "$@" > plan.yaml 2> errors; echo $?; }
            plan 'a*b'; grep -c "'/a\\*b' has the character \\*" errors
            plan 'a*b' --api xml; cosplan verify plan.yaml > /dev/null; echo $?; cosplan verify --api json plan.yaml | grep -c R13
            plan f --prefix "/$long" --api xml; grep -c "851 bytes after its /" errors
            plan f --prefix "/$long" --api s3; cosplan verify --api xml plan.yaml | grep -c R39
            plan f --biz-attr x --api xml; grep -c "has no place in the API xml" errors
            plan f --api s3 --appid 1; plan f --api json --addressing path; plan f --api s3 --bucket ab; plan f --api ftp
            """, in: folder.url)
        #expect(
            shown.outputLines == [
                "64", "1", "0", "0", "1", "64", "1", "0", "1", "64", "1", "64", "64", "64", "64", "",
            ], "\(shown.output)\(shown.errors)")
    }

    @Test("a plan for json is shown for xml with the region's other name; one without is named")
    func translated() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            cosplan hash f --region gz --appid 7 --bucket b > gz.yaml; cosplan hash f --region qz --appid 7 --bucket b > qz.yaml
            for flags in "gz.yaml" "gz.yaml --api xml" "qz.yaml --api xml" "gz.yaml --api s3"; do
                cosplan show --format json $flags | grep -o '"target":.*}}'
            done
            cosplan push --dry-run qz.yaml --api xml; echo $?
            cosplan push --dry-run gz.yaml --api xml --region gz; echo $?
            """, in: folder.url)
        #expect(
            shown.outputLines == [
                #""target":{"api":"json","appid":7,"bucket":"b","region":"gz"}}"#,
                #""target":{"api":"xml","appid":7,"bucket":"b","region":"ap-guangzhou"}}"#,
                #""target":{"api":"xml","appid":7,"bucket":"b"}}"#, #""target":{"api":"s3"}}"#, "64", "64",
                "",
            ], "\(shown.output)")
        #expect(
            shown.errors.contains("lacks region (the API xml has no name for qz); give --region"),
            "\(shown.errors)")
        #expect(
            shown.errors.contains(
                "the target: region 'gz' has another name in the XML API, ap-guangzhou; see --region"),
            "\(shown.errors)")
    }

    @Test("push goes to the endpoint that the manifest names, and a flag replaces it")
    func endpointOfTheManifest() async throws {
        let folder = try folder()
        let server = try ServeProcess(in: folder.url)
        defer { server.stop() }
        let flags = TestTarget.flags.joined(separator: " ")
        let shown = try await CosplanProcess.shell(
            """
            cosplan hash f \(flags) --endpoint \(server.url) > there.yaml
            cosplan hash f \(flags) --endpoint http://127.0.0.1:1 > nowhere.yaml
            cosplan push there.yaml || exit 3
            cosplan push nowhere.yaml --endpoint \(server.url) || exit 4
            cosplan push nowhere.yaml --retries 0 && exit 5
            cosplan push --dry-run nowhere.yaml | grep -o 'http://127.0.0.1:1/'
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(shown.status == 0, "\(shown.status) \(shown.errors)")
        #expect(shown.output.hasSuffix("http://127.0.0.1:1/\n"), "\(shown.output)")
    }

    @Test(
        "an S3 target without an endpoint, in a region that is none of AWS's, names --endpoint; a rehearsal needs none"
    )
    func endpointOfS3() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            cosplan hash f -q --api s3 --region auto --bucket abc > plan.yaml
            cosplan push --dry-run plan.yaml; echo $?
            cosplan config check plan.yaml; echo $?
            cosplan push --rehearse plan.yaml > /dev/null; echo $?
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(shown.outputLines == ["64", "78", "0", ""], "\(shown.output)\(shown.errors)")
        let words = "the target: region 'auto' is none of AWS's; name the store's endpoint; see --endpoint\n"
        #expect(shown.errors.contains("error: plan.yaml: \(words)"), "\(shown.errors)")
        #expect(shown.errors.contains("error: \(words)"), "\(shown.errors)")
        #expect(shown.errors.contains("rehearsing with a placeholder for the target's endpoint"))
    }
}

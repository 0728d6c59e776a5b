/// The multipart format of a vendor SDK, or of the documentation.
///
/// Written from their sources, independently of COSProtocol.
enum FormShape: String, CaseIterable, Sendable {
    /// The init page: `Content-Length` in every part, nothing else.
    case page
    /// Python (urllib3): a `filename` in every part, no lengths.
    case python
    /// Java (HttpClient): content types and a transfer encoding in every part, `fileContent`.
    case java
    /// C++ (libcurl): a `filename` and a content type in the file's part only.
    case cpp
    /// JavaScript (browsers): as C++, `fileContent`; the signature goes into the query.
    case js
    /// PHP (curl): `datamd5`, the file's part last.
    case php
    /// .NET: `fileContent`, `fileSize`, a quoted boundary, the file's part first.
    case dotnet

    var boundary: String {
        switch self {
        case .page: "9fd48fba-1ea2-4789-8e6e-64c40c243480"
        case .python: "4b1d4d1fd1c24b0b97e1e6c0e1a5bd11"
        case .java: "X4bN-PIqgnXXd5mIwGDLdCQnKEkUfxjLVPOt"
        case .cpp: "------------------------d74496d66958873e"
        case .js: "----WebKitFormBoundaryE19zNvXGzXaLvS5C"
        case .php: "------------------------5f2a9d1c77b3e6aa"
        case .dotnet: "---------------------------8d5c0b1f5d2a1f0"
        }
    }

    var contentType: String {
        self == .dotnet
            ? "multipart/form-data; boundary=\"\(boundary)\""
            : "multipart/form-data; boundary=\(boundary)"
    }

    /// The name that this SDK uses for a field.
    func wireName(_ name: String) -> String {
        switch (self, name) {
        case (.java, "filecontent"), (.js, "filecontent"), (.dotnet, "filecontent"): "fileContent"
        case (.dotnet, "filesize"): "fileSize"
        default: name
        }
    }

    private func head(_ name: String, _ length: Int) -> String {
        let wire = wireName(name)
        let isFile = name == "filecontent"
        let disposition = "Content-Disposition: form-data; name=\"\(wire)\""
        switch self {
        case .page: return "\(disposition)\r\nContent-Length: \(length)\r\n"
        case .python: return "\(disposition); filename=\"\(wire)\"\r\n"
        case .java:
            let type = isFile ? "application/octet-stream" : "text/plain; charset=UTF-8"
            let file = isFile ? "; filename=\"a b.bin\"" : ""
            let encoding = isFile ? "binary" : "8bit"
            return
                "\(disposition)\(file)\r\nContent-Type: \(type)\r\nContent-Transfer-Encoding: \(encoding)\r\n"
        case .cpp, .js, .php:
            return isFile
                ? "\(disposition); filename=\"C:\\dir\\x.bin\"\r\nContent-Type: application/octet-stream\r\n"
                : "\(disposition)\r\n"
        case .dotnet:
            return isFile
                ? "\(disposition); filename=\"x\"\r\nContent-Type: application/octet-stream\r\n"
                : "\(disposition);\r\n"
        }
    }

    /// The body of a form with these fields.
    func body(_ fields: [(String, [UInt8])]) -> [UInt8] {
        var ordered = fields
        if self == .dotnet, let file = ordered.firstIndex(where: { $0.0 == "filecontent" }) {
            ordered.insert(ordered.remove(at: file), at: 0)
        }
        if self == .java { ordered.reverse() }
        var body: [UInt8] = []
        for (name, value) in ordered {
            body += Array("--\(boundary)\r\n\(head(name, value.count))\r\n".utf8) + value + [13, 10]
        }
        return body + Array("--\(boundary)--\r\n".utf8)
    }
}

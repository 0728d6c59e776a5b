/// A multipart request body in the format of the documentation.
///
/// Lines end in CRLF; every field has its own `Content-Length`; there is no `filename` and no `Content-Type`.
/// **Source**: the init page's example request.
package struct MultipartForm: Hashable, Sendable {
    /// The fields, in the order they are written.
    package let fields: [FormField]
    /// The boundary between fields.
    package let boundary: Boundary

    /// Creates a form.
    package init(_ fields: [FormField], boundary: Boundary) {
        self.fields = fields
        self.boundary = boundary
    }

    /// The value of the request's `Content-Type` header.
    package var contentType: String { "multipart/form-data; boundary=\(boundary.text)" }

    /// The whole body.
    ///
    /// **Cost**: one copy of every value.
    package var encoded: [UInt8] { encoded { $0.value } }

    /// The body for display: each value is replaced by `shown`, with the Content-Length of the original
    /// value.
    package func encoded(showing shown: (FormField) -> [UInt8]) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(length)
        for field in fields {
            append(field, shown(field), to: &body)
        }
        body.append(contentsOf: "--\(boundary.text)--\r\n".utf8)
        return body
    }

    /// The length of ``encoded``, computed without building it.
    ///
    /// **Unit**: bytes.
    package var length: Int {
        fields.reduce(boundary.text.utf8.count + 6) { sum, field in
            sum + head(name: field.name, valueLength: field.value.count).utf8.count + field.value.count + 2
        }
    }

    /// The bytes before the value of one more field, the last, whose value the caller provides.
    ///
    /// The body then consists of these bytes, the value's `length` bytes, and ``closing``.
    package func opening(lastField name: String, length: Int) -> [UInt8] {
        var body: [UInt8] = []
        for field in fields {
            append(field, field.value, to: &body)
        }
        body.append(contentsOf: head(name: name, valueLength: length).utf8)
        return body
    }

    /// The bytes after the value of the last field; see ``opening(lastField:length:)``.
    package var closing: [UInt8] { Array("\r\n--\(boundary.text)--\r\n".utf8) }

    private func append(_ field: FormField, _ value: [UInt8], to body: inout [UInt8]) {
        body.append(contentsOf: head(name: field.name, valueLength: field.value.count).utf8)
        body.append(contentsOf: value)
        body.append(contentsOf: "\r\n".utf8)
    }

    private func head(name: String, valueLength: Int) -> String {
        "--\(boundary.text)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n"
            + "Content-Length: \(valueLength)\r\n\r\n"
    }
}

/// A field of a multipart form: a name and a value.
package struct FormField: Hashable, Sendable {
    /// The wire name.
    package let name: String
    /// The bytes of the value, sent unchanged.
    package let value: [UInt8]

    /// Creates a field of raw bytes.
    package init(_ name: String, bytes: [UInt8]) {
        self.name = name
        value = bytes
    }

    /// Creates a field of text.
    package init(_ name: String, _ text: String) {
        self.init(name, bytes: Array(text.utf8))
    }

    /// Creates a field with a decimal number.
    package init(_ name: String, _ number: Int64) {
        self.init(name, String(number))
    }
}

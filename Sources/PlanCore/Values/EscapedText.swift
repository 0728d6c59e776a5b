extension StringProtocol {
    /// The text escaped for display in one line of a terminal or log.
    ///
    /// C0, DEL and C1 controls, line and paragraph separators, bidirectional and zero-width controls are
    /// written as `\n`, `\t`, `\r`, `\u{XX}`. Text beyond 500 characters is cut and marked with `…`.
    package var escapedForDisplay: String { escapedForDisplay(limit: 500) }

    /// The text escaped for display, cut after `limit` scalars.
    package func escapedForDisplay(limit: Int) -> String {
        var shown = ""
        var count = 0
        for scalar in unicodeScalars {
            guard count < limit else { return shown + "…" }
            count += 1
            switch scalar {
            case "\n": shown += "\\n"
            case "\r": shown += "\\r"
            case "\t": shown += "\\t"
            case _ where scalar.disturbsDisplay:
                shown += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}

extension ByteString {
    /// The text escaped for display; see ``Swift/StringProtocol/escapedForDisplay``.
    package var escapedForDisplay: String { text.escapedForDisplay }

    /// The text escaped for display, cut after `limit` scalars.
    package func escapedForDisplay(limit: Int) -> String { text.escapedForDisplay(limit: limit) }
}

extension Unicode.Scalar {
    /// Whether a terminal would act on it or hide it.
    package var disturbsDisplay: Bool {
        switch value {
        case 0x00...0x1f, 0x7f...0x9f: true  // C0, DEL, C1
        case 0xad, 0x61c, 0x180e: true  // soft hyphen, Arabic letter mark, Mongolian separator
        case 0x200b...0x200f: true  // zero width, marks
        case 0x2028...0x202e: true  // line ends, embeddings, overrides
        case 0x2060...0x206f: true  // word joiner, isolates, deprecated format controls
        case 0xfeff, 0xfff9...0xfffb: true  // BOM, interlinear annotation
        case 0xe0000...0xe007f: true  // tags
        default: false
        }
    }
}

extension ArraySlice<UInt8> {
    /// Without the blanks and tabs at both ends.
    var trimmingBlanks: ArraySlice<UInt8> {
        var rest = trimmingFirstBlanks
        while let last = rest.last, last.isBlank { rest.removeLast() }
        return rest
    }

    /// Without the blanks and tabs at the start.
    var trimmingFirstBlanks: ArraySlice<UInt8> { drop(while: \.isBlank) }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 }
}

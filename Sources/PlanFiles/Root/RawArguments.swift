import CFiles
import Glibc

/// The process's arguments as raw bytes.
///
/// `CommandLine.arguments` repairs invalid UTF-8, so a file with such a name would be looked up under another
/// name. It is also empty where /proc is not mounted.
package enum RawArguments {
    /// The bytes of every argument, the program's name first.
    ///
    /// **Shape**: empty for an empty argument vector.
    package static var all: [[UInt8]] {
        (0..<cosplan_argument_count()).compactMap { index in
            guard let argument = unsafe cosplan_argument(index) else { return nil }
            return unsafe Array(UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
        }
    }
}

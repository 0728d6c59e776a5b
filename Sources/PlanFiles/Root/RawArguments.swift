import CFiles
import Glibc

/// The process's arguments as the system gave them.
///
/// `CommandLine.arguments` repairs what is not UTF-8, so that a file of such a name would be looked for under
/// another; and it is empty where /proc is not mounted.
package enum RawArguments {
    /// Every argument's bytes, the program's name first. **Shape**: empty for an empty argument vector.
    package static var all: [[UInt8]] {
        (0..<cosplan_argument_count()).compactMap { index in
            guard let argument = unsafe cosplan_argument(index) else { return nil }
            return unsafe Array(UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
        }
    }
}

import Glibc
import PlanCore

/// The process's arguments as the system gave them.
///
/// `CommandLine.arguments` repairs what is not UTF-8, so that a file of such a name would be looked for under
/// another.
package enum RawArguments {
    /// Every argument's bytes, the program's name first.
    package static var all: [[UInt8]] {
        (0..<Int(CommandLine.argc)).compactMap { index in
            guard let argument = unsafe CommandLine.unsafeArgv[index] else { return nil }
            return unsafe Array(UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
        }
    }
}

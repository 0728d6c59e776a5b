/// Somewhere bytes are written to, front to end. A class, because it has a position of its own.
public protocol ByteOutput: AnyObject {
    /// Writes `bytes` after those before; they may reach the system later.
    func write(_ bytes: [UInt8]) throws(FileError)
    /// Makes sure everything written reached the system; nothing can be written afterwards.
    func finish() throws(FileError)
}

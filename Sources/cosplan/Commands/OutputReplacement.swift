import PlanCore
import PlanFiles

/// A file that an output replaces once it is whole: never one of the command's inputs.
struct OutputReplacement {
    /// The option that names the output.
    private let option: String
    private let path: String
    /// The file that is there now.
    private let node: FileNode?
    private let identity: OutputIdentity?
    /// Whether a file that begins with these bytes is an earlier output of this kind.
    private let isOwn: ([UInt8]) -> Bool

    init(_ option: String, _ path: String, of output: AtomicOutput, isOwn: @escaping ([UInt8]) -> Bool) {
        self.option = option
        self.path = path
        node = output.replaced
        identity = output.identity
        self.isOwn = isOwn
    }

    /// The output in words: `-o plan.yaml`.
    private var name: String { "\(option) \(path.escapedForDisplay)" }

    /// - Throws: ``CommandFailure`` if the file is `input`, which is described in words.
    func require(isNot input: FileNode?, _ words: String) throws(CommandFailure) {
        guard let node, node == input else { return }
        throw CommandFailure(.usage, "\(name): it is \(words); name another file")
    }

    /// - Throws: ``CommandFailure`` if both outputs would be one file.
    func require(isNot other: OutputReplacement) throws(CommandFailure) {
        guard let identity, identity == other.identity else { return }
        throw CommandFailure(.usage, "\(name) and \(other.name): they are one file; name two")
    }

    /// Refuses to replace a file that is found where files are planned, unless it is an earlier output, or empty.
    ///
    /// - Throws: ``CommandFailure`` (64).
    func requireReplaceable(among found: [FileWalk.OwnOutput]) throws(CommandFailure) {
        guard let node, let file = found.first(where: { $0.node == node }), !isReplaceable else { return }
        throw CommandFailure(
            .usage,
            "\(name): it is '\(file.path)', which is to be planned; name another file")
    }

    /// Refuses to replace a file that a plan names, relative to the current folder.
    ///
    /// - Throws: ``CommandFailure`` (64).
    func require(isNotPlanned path: LocalPath) throws(CommandFailure) {
        guard node != nil else { return }
        try require(isNot: FileNode.ofFile(at: path.bytes), "'\(path)', which the plan names")
    }

    /// Whether the file is empty or an earlier output.
    private var isReplaceable: Bool {
        // What cannot be read cannot be known to be one.
        guard let source = try? FileByteSource(path: ByteString(path), spoolFolder: .temporaryFolder),
            let beginning = try? source.read(upTo: 1024)
        else { return false }
        return beginning.isEmpty || isOwn(beginning)
    }
}

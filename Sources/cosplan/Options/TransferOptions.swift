import ArgumentParser
import COSProtocol
import COSUpload
import PlanCore

/// How bytes go up: how many at a time, in what requests, how often again.
struct TransferOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Slices in flight, over all files of several slices.", valueName: "n"))
    var slices = 4

    @Option(
        help: ArgumentHelp("Files on their way at once, of those that go up in one slice.", valueName: "n"))
    var filesAtOnce = 32

    @Option(
        help: ArgumentHelp(
            "Send files up to so many bytes in one request, the simple upload, in place of init, slice, finish "
                + "(K = 1024, M; 20M at most).", valueName: "size"),
        transform: ByteCountArgument.read)
    var simpleUpTo = ByteCountArgument(bytes: 0)

    @OptionGroup var parts: PartOptions

    @Option(
        help: ArgumentHelp("At most so many bytes a second (K = 1024, M, G).", valueName: "size"),
        transform: ByteCountArgument.read)
    var limitRate: ByteCountArgument?

    @Flag(help: "Check every byte of a file before its upload begins, not its first part only.")
    var checkFirst = false

    func validate() throws {
        guard (1...64).contains(slices) else {
            throw ValidationError("--slices \(slices) is not from 1 to 64.")
        }
        guard (1...256).contains(filesAtOnce) else {
            throw ValidationError("--files-at-once \(filesAtOnce) is not from 1 to 256.")
        }
        guard (0...SimpleUploadOperation.maximumFileSize).contains(simpleUpTo.bytes) else {
            throw ValidationError(
                "--simple-up-to \(simpleUpTo.bytes): the simple upload takes \(SimpleUploadOperation.maximumFileSize) "
                    + "bytes at most.")
        }
        guard (limitRate?.bytes ?? 1) > 0 else { throw ValidationError("--limit-rate 0 would send nothing.") }
    }

    /// Writes what was chosen into `configuration`, but for what is at a time, which the system may limit.
    func apply(to configuration: inout UploadConfiguration) {
        configuration.simpleUpTo = simpleUpTo.bytes
        configuration.partSize = parts.uploadPartSize.bytes
        configuration.s3Checksum = parts.s3Checksum
        configuration.bytesPerSecond = limitRate?.bytes
        configuration.checksWholeFilesFirst = checkFirst
    }
}

/// Whether a push is real, and what is kept of it.
struct PushModeOptions: ParsableArguments {
    @Flag(name: [.customShort("n"), .long], help: "Say what would be sent; send nothing.")
    var dryRun = false

    @Flag(help: "Upload to the emulator inside this process; nothing is kept, no credentials are needed.")
    var rehearse = false

    @Option(
        help: ArgumentHelp(
            "Append a JSON line a file; files whose last line is good are skipped.", valueName: "file"),
        completion: .file())
    var receipt: String?

    @Option(
        help: ArgumentHelp(
            "Use the tickets that cosplan sign made, and no keys (JSON API).", valueName: "file"),
        completion: .file())
    var tickets: String?

    func validate() throws {
        guard !(dryRun && rehearse) else {
            throw ValidationError("--dry-run and --rehearse exclude each other.")
        }
        guard !rehearse || tickets == nil else {
            throw ValidationError(
                "--rehearse and --tickets exclude each other: a rehearsal needs neither keys nor tickets.")
        }
    }
}

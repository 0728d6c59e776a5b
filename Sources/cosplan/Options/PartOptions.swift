import ArgumentParser
import COSUpload
import PlanCore
import XMLProtocol

/// The options of multipart uploads through the XML API and S3.
struct PartOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "xml and s3: send parts of at least so many bytes (1M to 512M, whole slices).", valueName: "size"),
        transform: ByteCountArgument.read)
    var uploadPartSize = ByteCountArgument(bytes: MultipartLimits.usualPart)

    @Option(
        help: ArgumentHelp(
            "s3: what the store proves bytes by: crc64nvme, sha1 or md5.", valueName: "name"))
    var s3Checksum = S3Checksum.crc64nvme

    func validate() throws {
        guard PartSizing.choices.contains(uploadPartSize.bytes) else {
            throw ValidationError("--upload-part-size \(uploadPartSize.bytes) is not from 1M to 512M.")
        }
    }

    /// The upload of a file, not yet begun; nil for a target of the JSON API.
    func upload(of plan: PlannedFile, to target: Target) throws(UploadFailure) -> XMLUpload? {
        let address: BucketAddress?
        do throws(EndpointError) {
            address = try BucketAddress(target, checksum: s3Checksum)
        } catch { throw .badAddress(error) }
        guard let address else { return nil }
        var options = XMLUpload.Options()
        options.partSize = uploadPartSize.bytes
        do throws(XMLPlanProblem) {
            return try XMLUpload(plan, to: address, options: options)
        } catch { throw .unfit(error) }
    }
}

extension S3Checksum: ChoiceArgument {}

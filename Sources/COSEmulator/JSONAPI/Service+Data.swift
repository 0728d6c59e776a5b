import ByteDigests
import COSProtocol
import NIOCore
import PlanCore
import ServiceCore

/// `upload_slice_data`.
extension Service {
    /// Begins a slice whose session and offset are known; its bytes follow.
    ///
    /// Every successful call must be followed by ``SliceUpload/end(_:)``.
    func beginSlice(_ form: UploadForm, at address: ObjectAddress) throws(Refusal) -> SliceIntake {
        let id = try form.required(WireName.session)
        let offset = try form.number(WireName.offset)
        guard let session = catalogue.withLock({ $0.sessions[id] }), session.plan.address == address else {
            throw .deadSession(id)
        }
        let intake = try SliceIntake(session, offset: offset)
        let inFlight = try session.begin(intake.slice)
        statistics.withLock { $0.maximumSlicesInFlight = max($0.maximumSlicesInFlight, inFlight) }
        return intake
    }

    /// Commits a slice that was received completely.
    func take(_ intake: SliceIntake, _ request: JSONRequest) -> EmulatorReply {
        do throws(Refusal) {
            return .success(try taken(intake, request), requestID: request.requestID)
        } catch {
            return refusal(error, requestID: request.requestID)
        }
    }

    private func taken(_ intake: SliceIntake, _ request: JSONRequest) throws(Refusal) -> [(String, JSONValue)]
    {
        let plan = intake.session.plan
        if let sha = try request.form.sha(), let planned = plan.sha, sha != planned {
            throw Refusal(.shaDiffers, "init named sha \(planned), data names \(sha)")
        }
        var data: [(String, JSONValue)] = [
            (WireName.session, .string(intake.session.id)), (WireName.offset, .integer(intake.range.offset)),
            (WireName.dataLength, .integer(intake.range.length)),
            (WireName.serialUpload, .integer(plan.isSerial ? 1 : 0)),
        ]
        if let named = request.form[WireName.dataMD5] {
            let found = md5Hex(of: intake.bytes)
            guard named.elementsEqual(found.utf8) else {
                throw .form("datamd5 is not the MD5 of filecontent, \(found)")
            }
            data.append((WireName.dataMD5, .string(found)))
        }
        let isNew = try intake.session.commit(intake)
        statistics.withLock { statistics in
            if isNew {
                statistics.slicesTaken += 1
                statistics.bytesTaken += intake.length
            } else {
                statistics.slicesRepeated += 1
            }
        }
        return data
    }
}

/// The MD5 of the buffers' concatenation, in lower-case hex.
///
/// The PHP SDK sends it with a slice.
func md5Hex(of buffers: [ByteBuffer]) -> String {
    var stream = DigestStream(.md5)
    for buffer in buffers {
        unsafe buffer.withUnsafeReadableBytes { unsafe stream.take($0) }
    }
    return stream.digest.hexText
}

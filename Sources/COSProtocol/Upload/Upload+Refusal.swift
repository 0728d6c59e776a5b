import PlanCore

extension Upload {
    mutating func acceptRefusal(_ error: ServiceError, to step: UploadStep) {
        if case .data = step.action {
            // Another reply has already ended this session, so replies to its slices no longer matter.
            guard case .sending = phase else { return }
        }
        switch error.reaction {
        case .resume where mayMeetUnfinished(step) && listsLeft > 0:
            listsLeft -= 1
            phase = .ready(.list)
        case .compare where step.action != .stat:
            compare(because: error)
        case .proceed, .retry, .signAgain, .renewCredentials, .resume, .compare, .beginAgain, .refuse,
            .refuseCredentials, .refuseConfiguration:
            acceptLoss(error, to: step)
        }
    }

    /// Whether an unfinished upload reported in the reply may be this one, to be resumed.
    private func mayMeetUnfinished(_ step: UploadStep) -> Bool {
        switch step.action {
        case .initialize, .data, .finish, .simpleUpload: true
        case .list, .stat: false
        }
    }

    /// Handles a lost session or a missing object: retries what is still possible, else ends the upload.
    private mutating func acceptLoss(_ error: ServiceError, to step: UploadStep) {
        switch step.action {
        case .data where error.mayMeanDeadSession && beginningsLeft > 0,
            .list where error.saysNothingThere && beginningsLeft > 0:
            beginAgain()
        case .finish where error.mayMeanDeadSession:
            // The object may be complete: this finish, or one whose reply was lost, may have ended the
            // session.
            compare(because: error)
        case .stat where error.saysNothingThere && beginningsLeft > 0:
            beginAgain()
        case .stat where error.saysNothingThere:
            end(.refused(.service(comparingBecause ?? error)))
        case .stat:
            end(.refused(.notCompared(first: comparingBecause, stat: error)))
        case .initialize, .list, .data, .finish, .simpleUpload:
            let disagrees = foundUnfinished && error.isAboutDigests
            end(.refused(disagrees ? .foundSlicesDisagree(error, found: slicesFound) : .service(error)))
        }
    }
}

import PlanCore
import ServiceCore

extension XMLUpload {
    mutating func acceptRefusal(_ error: XMLServiceError, to step: XMLUploadStep) {
        if error.saysUploadGone, step.action.uploadID == unfinishedUpload { unfinishedUpload = nil }
        switch step.action {
        case .versioning: acceptRefusedVersioning(error)
        case .head: acceptRefusedHead(error)
        case .listUploads where sizing.isPut:
            // It would only have told what else is there.
            phase = .ready(.put(plannedCRC: plannedCRC))
        case .listUploads:
            guard error.saysNotAllowed || error.saysUploadGone else { return end(.refused(.service(error))) }
            warn(.listRefused(error))
            phase = .ready(.begin)
        case .listParts(let id, _): acceptRefusedParts(error, of: id)
        case .begin, .put:
            if error.reaction == .compare {
                ask(.compare(because: error))
            } else {
                end(.refused(.service(error)))
            }
        case .part:
            // Completed, aborted or expired meanwhile: the object at the key decides.
            if error.saysUploadGone {
                ask(.compare(because: error))
            } else {
                end(.refused(.service(error)))
            }
        case .finish(let id, _): acceptRefusedFinish(error, of: id)
        case .digest: break
        }
    }

    private mutating func acceptRefusedVersioning(_ error: XMLServiceError) {
        if error.saysNotAllowed {
            acceptVersioning(.unknown)
        } else {
            end(.refused(.service(error)))
        }
    }

    private mutating func acceptRefusedParts(_ error: XMLServiceError, of id: String) {
        if uploadID == id {
            // The current upload.
            ask(.compare(because: error))
        } else if error.saysUploadGone {
            search.candidates.removeAll { $0.id == id }
            search.waiting.removeLast()
            lookIntoNext()
        } else if error.saysNotAllowed {
            warn(.listRefused(error))
            search.waiting = []
            lookIntoNext()
        } else {
            end(.refused(.service(error)))
        }
    }

    private mutating func acceptRefusedFinish(_ error: XMLServiceError, of id: String) {
        switch error.reaction {
        case .resume where listsLeft > 0:
            listsLeft -= 1
            search.parts = []
            phase = .ready(.listParts(uploadID: id, marker: nil))
        case .resume where search.adopted == id && beginningsLeft > 0:
            // An upload that was started elsewhere may require other fields for its parts.
            warn(.unfinishedLeft([id]))
            beginAgain(adopting: false)
        case .beginAgain, .compare:
            // The object may be complete: this finish, or one whose reply was lost, may have created it.
            ask(.compare(because: error))
        case .proceed, .retry, .signAgain, .renewCredentials, .resume, .refuse, .refuseCredentials,
            .refuseConfiguration:
            // A reply that is not the service's, to a request that may have been performed.
            if error.code == nil, (200..<300).contains(error.status) {
                ask(.compare(because: error))
            } else {
                end(.refused(.service(error)))
            }
        }
    }

    private mutating func acceptRefusedHead(_ error: XMLServiceError) {
        switch purpose {
        case .before:
            if error.saysNothingThere {
                goOn()
            } else if error.saysNotAllowed {
                if plan.insertOnly == .refuse { refusedHead = error }
                goOn()
            } else {
                end(.refused(.service(error)))
            }
        case .compare(let first):
            guard error.saysNothingThere else {
                end(.refused(.notCompared(first: first, head: error)))
                return
            }
            if let unanswered {
                end(.refused(.unanswered(unanswered)))
            } else if first?.saysConflict == true {
                // Nothing can be said yet: the other upload is still in progress.
                end(.refused(first.map { .service($0) } ?? .service(error)))
            } else if beginningsLeft > 0 {
                beginAgain()
            } else {
                end(.refused(.service(first ?? error)))
            }
        case .prove(let isAdopted):
            // The service verified every byte by digest and reported that the object was created, but does
            // not permit HEAD.
            if error.saysNotAllowed {
                acceptUnproved(isAdopted: isAdopted)
            } else {
                end(.refused(.notCompared(first: nil, head: error)))
            }
        }
    }
}

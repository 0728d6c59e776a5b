import PlanCore

extension PlanRun {
    /// Gives `group` to a thread that has nothing to do; false when there is none.
    func offer(_ group: PartGroup) -> Bool {
        let isWanted = state.withLock { $0.idle > $0.groups.count }
        guard isWanted else { return false }
        state.change { state in
            state.groups.append(group)
            state.pendingGroups[group.task.index, default: 0] += 1
        }
        return true
    }

    /// Notes that `group` is done.
    func close(_ group: PartGroup, failure: DigestError?) {
        state.change { state in
            let index = group.task.index
            state.pendingGroups[index, default: 1] -= 1
            if let failure, state.groupFailures[index] == nil { state.groupFailures[index] = failure }
        }
    }

    /// A group of `task` that nobody has begun; waits for those that others are in. Nil when all are done.
    func nextGroup(of task: FileTask) -> PartGroup? {
        state.wait { state -> PartGroup?? in
            if let place = state.groups.firstIndex(where: { $0.task === task }) {
                return .some(state.groups.remove(at: place))
            }
            return state.pendingGroups[task.index, default: 0] == 0 ? .some(nil) : nil
        }
    }

    /// What went wrong in the groups of `task`.
    func groupFailure(of task: FileTask) -> DigestError? {
        state.withLock { $0.groupFailures[task.index] }
    }

    /// Notes that a large file is over.
    func over(_ index: Int) {
        state.change { state in
            state.live[index] = nil
            state.offering -= 1
        }
    }
}

import PlanCore

extension PlanRun {
    /// Gives `group` to a thread that has nothing to do; false when there is none.
    func offer(_ group: PartGroup) -> Bool {
        let isWanted = state.withLock { $0.idle > $0.groups.count }
        guard isWanted else { return false }
        state.change { $0.add(group) }
        return true
    }

    /// Leaves `group` to other threads. Waits while they have plenty, so that they read what has just been read.
    func give(_ group: PartGroup) {
        state.wait { state -> Void? in
            let isPlenty = state.groups.count >= 2 * state.live.count
            return isPlenty && state.idle + state.inGroups > 0 && !stop.isSet ? nil : ()
        }
        state.change { $0.add(group) }
    }

    /// Notes that `group` is done.
    ///
    /// - Returns: its file, if that was all that its plan waited for.
    func close(_ group: PartGroup, failure: DigestError?) -> FileHash? {
        state.change { state in
            let index = group.task.index
            state.inGroups -= 1
            if let failure, state.groupFailures[index] == nil { state.groupFailures[index] = failure }
            let pending = state.pendingGroups[index, default: 1] - 1
            state.pendingGroups[index] = pending > 0 ? pending : nil
            return pending > 0 ? nil : state.unsettled.removeValue(forKey: index)
        }
    }

    /// Notes that the running state of `task` is over.
    ///
    /// - Returns: whether its groups are too; otherwise the thread that closes the last one gets it.
    func settle(_ task: FileHash) -> Bool {
        state.change { state in
            state.over(task.index)
            if case .failure = task.result { state.drop(groupsOf: task) }
            guard state.pendingGroups[task.index] != nil else { return true }
            state.unsettled[task.index] = task
            return false
        }
    }

    /// What went wrong in the groups of `task`.
    func groupFailure(of task: FileHash) -> DigestError? {
        state.withLock { $0.groupFailures[task.index] }
    }

    /// Notes that a large file could not be begun.
    func over(_ index: Int) {
        state.change { $0.over(index) }
    }
}

extension PlanRun.State {
    fileprivate mutating func add(_ group: PlanRun.PartGroup) {
        groups.append(group)
        pendingGroups[group.task.index, default: 0] += 1
    }

    /// Takes away the groups that nobody has begun: there will be no plan to put their digests in.
    fileprivate mutating func drop(groupsOf task: FileHash) {
        let count = groups.count { $0.task === task }
        guard count > 0, let pending = pendingGroups[task.index] else { return }
        groups.removeAll { $0.task === task }
        pendingGroups[task.index] = pending > count ? pending - count : nil
    }

    fileprivate mutating func over(_ index: Int) {
        live[index] = nil
        offering -= 1
    }
}

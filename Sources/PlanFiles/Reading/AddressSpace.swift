import CFiles

/// What the process takes of its address space.
package enum AddressSpace {
    /// Leaves more of a limited address space to the windows of files: the C library takes no more than one part of it,
    /// whatever the number of threads. To be called before other threads begin.
    package static func useOneArena() { cosplan_allocator_use_one_arena() }
}

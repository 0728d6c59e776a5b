import CFiles

/// The use of the process's address space.
package enum AddressSpace {
    /// Makes the C library allocate from a single arena, so that a limited address space is left for mapped
    /// files.
    ///
    /// Each further arena reserves tens of megabytes. Call it before other threads start.
    package static func useOneArena() { cosplan_allocator_use_one_arena() }
}

/// How names are kept below a root.
package enum Confinement: Hashable, Sendable {
    /// `openat2` with `RESOLVE_BENEATH`: the kernel does it.
    case kernel
    /// Segment by segment, never letting the kernel follow a link: for kernels and sandboxes without openat2.
    case segmentWalk
}

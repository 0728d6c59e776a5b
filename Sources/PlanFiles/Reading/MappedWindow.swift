import CFiles
import Glibc
import PlanCore
import Synchronization

/// A range of a file mapped into memory, unmapped by ``close()`` or with the last reference.
///
/// Where the file cannot be mapped (`/sys`, FUSE's direct I/O, a limit on address space) its bytes are read into memory
/// instead.
///
/// A class, because the mapping is one thing. The file may be cut while it is mapped: the missing pages then
/// read as zeros and ``faulted`` is set, instead of a signal that ends the process. The rest of the last page
/// reads as zeros without any sign, and an overwrite never shows here: after reading, ask
/// ``OpenFile/checkUnchanged()`` as well.
///
/// **Cost**: two system calls to map, one to unmap. What is touched stays in the process's memory until it is given
/// back with ``discard(_:)`` or the window is closed.
@safe package final class MappedWindow: @unchecked Sendable {
    // Safety: everything but the two atomics is immutable; nobody writes to the memory, which lives until `close`,
    // which its owner calls when nobody reads the bytes any more.

    /// What of the file is readable here.
    package let range: ByteRange
    /// The range's bytes. Read them in this process only: a system call given a missing page fails with `EFAULT`.
    package let bytes: UnsafeRawBufferPointer
    /// The memory, in whole pages; nil for an empty range.
    private let memory: UnsafeMutableRawBufferPointer?
    /// The mapping's number at the guard; -1 for memory of our own.
    private let guardNumber: Int32
    private let isOpen: Atomic<Bool>
    private let faultedBeforeClosing = Atomic(false)

    /// Maps `range` of `file`; the offset may be any, the end may lie past the file's.
    ///
    /// - Parameters:
    ///   - copyLimit: the window ends after so many bytes where they must be read into memory. **Unit**: bytes.
    ///   - mapping: false reads the bytes into memory, as where the system refuses to map them.
    /// - Throws: ``FileError/mapFailed(path:offset:code:)`` where there is no memory, and what
    ///   ``OpenFile/read(_:into:)`` throws.
    package init(
        _ file: OpenFile, range: ByteRange, copyLimit: Int64 = .max, mapping: Bool = true
    ) throws(FileError) {
        precondition(range.offset >= 0 && range.length >= 0, "no such range in any file")
        guard range.length > 0 else {
            self.range = range
            unsafe bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            unsafe memory = nil
            guardNumber = -1
            isOpen = Atomic(false)
            return
        }
        isOpen = Atomic(true)
        let lead = Int(range.offset % Int64(Self.pageSize))
        if mapping, let (mapped, number) = unsafe Self.map(file, range, lead: lead) {
            self.range = range
            unsafe memory = mapped
            guardNumber = number
            unsafe bytes = UnsafeRawBufferPointer(rebasing: mapped[lead...])
            return
        }
        let copied = ByteRange(offset: range.offset, length: min(range.length, max(1, copyLimit)))
        let copy = unsafe try Self.copy(copied, of: file)
        self.range = copied
        unsafe memory = copy
        guardNumber = -1
        unsafe bytes = UnsafeRawBufferPointer(copy)
    }

    /// The mapping of `range`, from the page on that begins `lead` bytes before it, and its number at the guard; nil
    /// where the system or the guard refuses it.
    private static func map(
        _ file: OpenFile, _ range: ByteRange, lead: Int
    ) -> (UnsafeMutableRawBufferPointer, Int32)? {
        guard cosplan_guard_install() == 0 else { return nil }
        let length = lead + Int(range.length)
        let start = unsafe mmap(
            nil, length, PROT_READ, MAP_SHARED, file.descriptor.number, off_t(range.offset - Int64(lead)))
        guard let start = unsafe start, unsafe start != MAP_FAILED else { return nil }
        let number = unsafe cosplan_guard_add(start, length)
        guard number >= 0 else {
            unsafe munmap(start, length)
            return nil
        }
        return unsafe (UnsafeMutableRawBufferPointer(start: start, count: length), number)
    }

    /// Memory of its own with the bytes of `range`.
    private static func copy(
        _ range: ByteRange, of file: OpenFile
    ) throws(FileError) -> UnsafeMutableRawBufferPointer {
        let length = Int(range.length)
        let start = unsafe mmap(
            nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else {
            throw .mapFailed(path: file.path, offset: range.offset, code: errno)
        }
        let memory = unsafe UnsafeMutableRawBufferPointer(start: start, count: length)
        do throws(FileError) {
            unsafe try file.read(range, into: memory)
        } catch {
            unsafe munmap(start, length)
            throw error
        }
        return unsafe memory
    }

    deinit { close() }

    /// Whether a page was missing when it was touched, now or before closing: the bytes after it are zeros that
    /// the file never held.
    package var faulted: Bool {
        guard isOpen.load(ordering: .acquiring), guardNumber >= 0 else {
            return faultedBeforeClosing.load(ordering: .acquiring)
        }
        return cosplan_guard_faulted(guardNumber)
    }

    /// Brings the bytes of `range`, a part of the window's, into memory now, so that whoever reads them later does
    /// not wait for the disk.
    ///
    /// Never fails: what cannot be read shows when it is touched, and kernels before 5.14 do nothing.
    package func populate(_ range: ByteRange) {
        let pages = unsafe pages(of: range, ending: .roundedUp)
        _ = unsafe cosplan_file_populate(pages.baseAddress, pages.count)
    }

    /// Gives the memory of `range`, a part of the window's, back. Nobody may read those bytes any more, nor those
    /// before them on the same page; a page that `range` ends within stays.
    package func discard(_ range: ByteRange) {
        let pages = unsafe pages(of: range, ending: .roundedDown)
        guard pages.count > 0 else { return }
        unsafe madvise(pages.baseAddress, pages.count, MADV_DONTNEED)
    }

    private enum LastPage { case roundedUp, roundedDown }

    private func pages(of range: ByteRange, ending: LastPage) -> UnsafeMutableRawBufferPointer {
        precondition(
            range.offset >= self.range.offset && range.end <= self.range.end, "not a part of the window")
        guard let memory = unsafe memory else {
            return unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }
        let lead = memory.count - Int(self.range.length)
        let page = Self.pageSize
        let start = (Int(range.offset - self.range.offset) + lead) / page * page
        let end = Int(range.end - self.range.offset) + lead
        let last = ending == .roundedUp ? (end + page - 1) / page * page : end / page * page
        return unsafe UnsafeMutableRawBufferPointer(
            start: memory.baseAddress?.advanced(by: start), count: max(0, last - start))
    }

    /// Unmaps the bytes; nobody may read them any more. Later calls do nothing.
    package func close() {
        guard isOpen.load(ordering: .acquiring), let memory = unsafe memory else { return }
        if guardNumber >= 0 {
            faultedBeforeClosing.store(cosplan_guard_faulted(guardNumber), ordering: .releasing)
        }
        guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
        if guardNumber >= 0 { _ = cosplan_guard_remove(guardNumber) }
        unsafe munmap(memory.baseAddress, memory.count)
    }

    /// **Unit**: bytes.
    private static let pageSize = sysconf(Int32(_SC_PAGESIZE))
}

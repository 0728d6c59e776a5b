import CFiles
import Glibc
import PlanCore
import Synchronization

/// A range of a file mapped into memory, unmapped by ``close()`` or with the last reference.
///
/// Where the file cannot be mapped (`/sys`, FUSE direct I/O, a limit on address space), its bytes are read
/// into memory instead.
///
/// A class, because the mapping has identity. The file may be truncated while it is mapped: the missing pages
/// then read as zeros and ``faulted`` is set, instead of a SIGBUS that ends the process. Two changes go
/// undetected here: the rest of the last page reads as zeros after a truncation within it, and an overwrite
/// changes the bytes. After reading, call ``OpenFile/checkUnchanged()`` as well.
///
/// **Cost**: two system calls to map, one to unmap. Touched pages stay resident until ``discard(_:)`` or
/// ``close()``.
@safe package final class FileWindow: @unchecked Sendable {
    // Safety: everything but the two atomics is immutable. Nobody writes to the memory, which lives until
    // `close`; its owner calls that only when no reader is left.

    /// The range of the file that is readable here.
    package let range: ByteRange
    /// The bytes of the range.
    ///
    /// Read them in this process only: a system call fails with `EFAULT` on a missing page.
    package let bytes: UnsafeRawBufferPointer
    /// The memory, in whole pages; nil for an empty range.
    private let memory: UnsafeMutableRawBufferPointer?
    /// The mapping's slot in the SIGBUS guard; -1 for a copy in memory.
    private let guardNumber: Int32
    private let isOpen: Atomic<Bool>
    private let faultedBeforeClosing = Atomic(false)

    /// Maps `range` of `file`.
    ///
    /// The offset need not be page-aligned, and the range may extend past the end of the file.
    ///
    /// - Parameters:
    ///   - file: the open file.
    ///   - range: the bytes to map.
    ///   - copyLimit: the maximum length of the window where the bytes must be read into memory. **Unit**:
    ///     bytes.
    ///   - mapping: false reads the bytes into memory, as if the system refused to map them.
    /// - Throws: ``FileError/mapFailed(path:offset:code:)`` if there is no memory, and what
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

    /// Maps `range` from the page boundary `lead` bytes before it.
    ///
    /// Returns the mapping and its slot in the guard; nil if the system or the guard refuses.
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

    /// Reads the bytes of `range` into anonymous memory.
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

    /// Whether a missing page was touched, now or before closing.
    ///
    /// The bytes from that page on read as zeros that the file never held.
    package var faulted: Bool {
        guard isOpen.load(ordering: .acquiring), guardNumber >= 0 else {
            return faultedBeforeClosing.load(ordering: .acquiring)
        }
        return cosplan_guard_faulted(guardNumber)
    }

    /// Reads the bytes of `range`, which lies within the window, into memory now, so that later readers do
    /// not wait for the disk.
    ///
    /// Best effort: read errors show when the page is touched; kernels before 5.14 do nothing.
    package func populate(_ range: ByteRange) {
        let pages = unsafe pages(of: range, ending: .roundedUp)
        _ = unsafe cosplan_file_populate(pages.baseAddress, pages.count)
    }

    /// Releases the memory of `range`, which lies within the window.
    ///
    /// Those bytes, and the bytes before them on the same page, must not be read any more. The page in which
    /// `range` ends is kept.
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

    /// Unmaps the bytes; they must not be read any more.
    ///
    /// Later calls do nothing.
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

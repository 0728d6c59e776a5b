import CFiles
import Glibc
import PlanCore
import Synchronization

/// A range of a file mapped into memory, unmapped by ``close()`` or with the last reference.
///
/// A class, because the mapping is one thing. The file may be cut while it is mapped: the missing pages then
/// read as zeros and ``faulted`` is set, instead of a signal that ends the process. The rest of the last page
/// reads as zeros without any sign, and an overwrite never shows here: after reading, ask
/// ``OpenFile/checkUnchanged()`` as well.
///
/// **Cost**: two system calls to map, one to unmap. What is touched stays in the process's memory until it is given
/// back with ``discard(_:)`` or the window is closed.
@safe package final class MappedWindow: @unchecked Sendable {
    // Safety: everything but the two atomics is immutable; the mapping is read-only and lives until `close`,
    // which its owner calls when nobody reads the bytes any more.

    /// What of the file is mapped.
    package let range: ByteRange
    /// The range's bytes. Read them in this process only: a system call given a missing page fails with `EFAULT`.
    package let bytes: UnsafeRawBufferPointer
    /// The mapping, in whole pages; nil for an empty range.
    private let mapping: UnsafeMutableRawBufferPointer?
    /// Its number at the guard; -1 once it is closed.
    private let guardNumber: Atomic<Int32>
    private let faultedBeforeClosing = Atomic(false)

    /// Maps `range` of `file`; the offset may be any, the end may lie past the file's.
    ///
    /// - Throws: ``FileError/mapFailed(path:offset:code:)``: `ENOMEM` also when too many windows are open.
    package init(_ file: OpenFile, range: ByteRange) throws(FileError) {
        precondition(range.offset >= 0 && range.length >= 0, "no such range in any file")
        self.range = range
        guard range.length > 0 else {
            unsafe bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            unsafe mapping = nil
            guardNumber = Atomic(-1)
            return
        }
        let installed = cosplan_guard_install()
        guard installed == 0 else {
            throw .mapFailed(path: file.path, offset: range.offset, code: installed)
        }
        let lead = Int(range.offset % Int64(Self.pageSize))
        let length = lead + Int(range.length)
        let start = unsafe mmap(
            nil, length, PROT_READ, MAP_SHARED, file.descriptor.number, off_t(range.offset - Int64(lead)))
        guard let start = unsafe start, unsafe start != MAP_FAILED else {
            throw .mapFailed(path: file.path, offset: range.offset, code: errno)
        }
        let number = unsafe cosplan_guard_add(start, length)
        guard number >= 0 else {
            unsafe munmap(start, length)
            throw .mapFailed(path: file.path, offset: range.offset, code: ENOMEM)
        }
        unsafe mapping = UnsafeMutableRawBufferPointer(start: start, count: length)
        unsafe bytes = UnsafeRawBufferPointer(start: start + lead, count: Int(range.length))
        guardNumber = Atomic(number)
    }

    deinit { close() }

    /// Whether a page was missing when it was touched, now or before closing: the bytes after it are zeros that
    /// the file never held.
    package var faulted: Bool {
        let number = guardNumber.load(ordering: .acquiring)
        return number >= 0 ? cosplan_guard_faulted(number) : faultedBeforeClosing.load(ordering: .acquiring)
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
        guard let mapping = unsafe mapping else {
            return unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }
        let lead = mapping.count - Int(self.range.length)
        let page = Self.pageSize
        let start = (Int(range.offset - self.range.offset) + lead) / page * page
        let end = Int(range.end - self.range.offset) + lead
        let last = ending == .roundedUp ? (end + page - 1) / page * page : end / page * page
        return unsafe UnsafeMutableRawBufferPointer(
            start: mapping.baseAddress?.advanced(by: start), count: max(0, last - start))
    }

    /// Unmaps the bytes; nobody may read them any more. Later calls do nothing.
    package func close() {
        let number = guardNumber.load(ordering: .acquiring)
        guard number >= 0, let mapping = unsafe mapping else { return }
        faultedBeforeClosing.store(cosplan_guard_faulted(number), ordering: .releasing)
        guard guardNumber.exchange(-1, ordering: .acquiringAndReleasing) >= 0 else { return }
        _ = cosplan_guard_remove(number)
        unsafe munmap(mapping.baseAddress, mapping.count)
    }

    /// **Unit**: bytes.
    private static let pageSize = sysconf(Int32(_SC_PAGESIZE))
}

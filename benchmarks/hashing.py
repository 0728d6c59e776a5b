#!/usr/bin/env python3
"""Measures cosplan's hashing and checking beside what people could use instead.

    swift build -c release --product cosplan
    python3 benchmarks/hashing.py

Makes its data in a temporary folder and removes it. README.md beside this file says what is measured and
how to read it.
"""
import functools
import os
import subprocess
import sys
import time

from harness import program, report
from harness.commands import Command, CommandError
from harness.files import MIB
from harness.others import BASELINE, GIB, IN_MEMORY, Others

HERE = os.path.dirname(os.path.abspath(__file__))
GROUPS = ["start", "sizes", "batches", "long", "many", "vendor", "checksums", "cold", "update"]
VERSION = "cosplan --version"
HASH = "cosplan hash"
HASH_BARE = "cosplan hash --no-part-sha1"
CHECK = "cosplan verify --bytes"
UPDATE = "cosplan hash --update"
STAMPS = "cosplan hash --update --stamps"
CHECK_BARE = "cosplan verify --bytes, no part sha1"
CRCS = ("crc64ecma", "crc64nvme", "crc64ecma,crc64nvme")
VENDOR = "pure Python, as the vendor's SDK"


class Hashing(program.Benchmark):
    """Hashing and checking, by cosplan and by others."""

    def __init__(self, options, space, cosplan):
        super().__init__(options, space, cosplan)
        self.others = Others()
        self.tools, self.skipped = self.others.versions, list(self.others.missing)

    # The commands.

    def hash(self, names, *options):
        """`cosplan hash`."""
        argv = [self.cosplan, "hash", "--quiet", *options, *names]
        return Command(" ".join([HASH, *options]), argv, prints="plan")

    def check(self, names):
        """`cosplan verify --bytes` of a plan with everything in it."""
        return Command(CHECK, [self.cosplan, "verify", "--quiet", "--bytes", self.plan("plan", *names)])

    def check_bare(self, names):
        """`cosplan verify --bytes` of a plan without the parts' plain digests."""
        plan = self.plan("plan-bare", "--no-part-sha1", *names)
        return Command(CHECK_BARE, [self.cosplan, "verify", "--quiet", "--bytes", plan])

    # A case.

    def made(self, names, size):
        """Whether the files could be made."""
        if not self.space.has_room(size * len(names)):
            self.skipped.append(f"{files_text(names, size)}: not enough free memory or disk")
            return False
        self.space.make(names, size)
        return True

    def hot(self, group, names, size, commands, notes=(), times=1):
        """Measures commands over files in the page cache."""
        case = self.new_case(group, names, size, "hot", notes)
        self.space.warm(names)
        self.measure(commands, case, self.options.rounds * times)
        case["resident_after"] = self.space.resident(names[:1000])
        if case["resident_after"] < 0.99:
            case["notes"].append(f"Only {case['resident_after']:.0%} stayed in the page cache: this is not hot.")

    def new_case(self, group, names, size, cache, notes=()):
        """A case without rows, kept."""
        self.cases.append({
            "group": group, "title": f"{files_text(names, size)}, {cache}", "files": len(names),
            "file_bytes": size, "bytes": size * len(names), "cache": cache, "notes": list(notes)})
        return self.cases[-1]

    # The groups.

    def start(self):
        """One file of 1 KiB beside commands that do nothing: what starting costs."""
        names, size = ["small.bin"], 1024
        self.space.make(names, size)
        nothing = [Command("true", ["true"]), Command(VERSION, [self.cosplan, "--version"])]
        commands = [
            *nothing, self.hash(names), self.check(names), *self.others.over(names), *self.others.starting()]
        notes = ["cosplan is linked statically, as in the package." if self.is_static else
                 "cosplan loads the Swift runtime; `--binary` measures the package's."]
        self.hot("start", names, size, commands, notes, times=4)

    @functools.cached_property
    def is_static(self):
        """Whether the Swift runtime is in the program."""
        # Piece by piece: what this process once held would count as its children's peak memory.
        name, end = b"libswiftCore.so", b""
        with open(self.cosplan, "rb") as file:
            while piece := file.read(1 << 16):
                if name in end + piece:
                    return False
                end = piece[-len(name):]
        return True

    def sizes(self):
        """One file, from the largest size to the smallest, cut down in place."""
        names, exists = ["one.bin"], False
        for size in sorted(self.options.sizes, reverse=True):
            if exists:
                self.space.shrink(names[0], size)
            else:
                exists = self.made(names, size)
            if exists:
                commands = [
                    self.hash(names), self.hash(names, "--no-part-sha1"), self.check(names),
                    self.check_bare(names), *self.others.over(names)]
                if size == self.options.aim_size:
                    commands += self.others.openssl_in_memory()
                self.hot("sizes", names, size, commands)

    def batches(self):
        """Batches of each width, of files of one size."""
        widths, size = sorted(self.options.widths), self.options.width_size
        names = numbered(max(widths))
        if self.made(names, size):
            for width in widths:
                self.batch("batches", names[:width], size)

    def long(self):
        """A batch of large files; checked too."""
        count, size = self.options.long_batch
        names = numbered(count)
        if self.made(names, size):
            more = [self.hash(names, "--jobs", "1"), self.check(names), self.check_bare(names)]
            self.batch("long", names, size, more)

    def many(self):
        """Very many small files, and many of one part each; checked too."""
        for count, size in ((self.options.many, 4096), (self.options.many // 10, MIB)):
            names = numbered(count)
            self.space.make(names, size)
            self.batch("many", names, size, [self.check(names)])

    def batch(self, group, names, size, more=()):
        """Several files of one size, planned by cosplan and digested by others."""
        listing = self.space.output("list")
        with open(listing, "w") as file:
            file.writelines(name + "\n" for name in names)
        commands = [
            self.hash(names), self.hash(names, "--no-part-sha1"), *more, *self.others.over(names),
            *self.others.openssl_spread(listing, len(names))]
        self.hot(group, names, size, commands)

    def vendor(self):
        """Pure Python's running state, over a small file."""
        names, size, slice_size = ["vendor.bin"], MIB, str(MIB // 2)
        self.space.make(names, size)
        theirs = [sys.executable, os.path.join(HERE, "pure_sha1.py"), names[0], slice_size]
        plan = self.plan("plan-vendor", "--slice-size", slice_size, *names)
        ours = [self.cosplan, "show", "--uploadparts", plan]
        said = [subprocess.run(argv, cwd=self.space.data, stdout=subprocess.PIPE) for argv in (ours, theirs)]
        if said[0].stdout.strip() != said[1].stdout.strip():
            raise CommandError("the vendor's way: its uploadparts differ from cosplan's")
        commands = [Command(VENDOR, theirs), self.hash(names), self.check(names)]
        self.hot("vendor", names, size, commands, ["Both give the same `uploadparts`, byte for byte."])
        self.cases[-1]["baseline"] = VENDOR

    def checksums(self):
        """One file and a batch, with each checksum of the whole file beside `sha` and without."""
        size = self.options.checksum_size
        for count in (1, 16):
            names = numbered(count)
            if self.made(names, size // count):
                kinds = [self.hash(names, "--checksum", kinds) for kinds in (*CRCS, "md5", "sha256")]
                self.hot("checksums", names, size // count, [self.hash(names), *kinds], times=2)
            self.space.clear()

    def cold(self):
        """One file and a batch that have to come from the disk."""
        size = self.options.cold_size
        for names, size in ((["cold.bin"], size), (numbered(16), size // 16)):
            if not self.made(names, size):
                continue
            slow = ("rhash --sha1", "hashdeep -c sha1", "Python hashlib")
            commands = [
                Command("cat", ["cat"] + names, keeps_output=False), self.hash(names), self.check(names),
                *(command for command in self.others.over(names) if command.name not in slow)]
            if not self.space.cool(names):
                self.skipped.append("cold: the files stay in the page cache")
                return
            case = self.new_case("cold", names, size, "cold")
            self.measure(commands, case, self.options.rounds, before=lambda: self.space.cool(names))
            self.space.clear()

    def update(self):
        """One file planned again from its plan: unchanged, appended to, changed; and many files untouched since."""
        names, size = ["one.bin"], self.options.update_size
        if self.made(names, size):
            old = self.plan("plan-old", *names)
            again = Command(UPDATE, [self.cosplan, "hash", "--quiet", "--update", old, *names], prints="plan")
            self.hot("unchanged", names, size, [self.hash(names), again, self.check(names)])
            self.space.append(names[0], size // 100)
            self.hot("appended", names, size + size // 100, [self.hash(names), again])
            self.space.shrink(names[0], size)
            self.space.change(names[0], size // 2)
            self.hot("changed", names, size, [self.hash(names), again])
        self.space.clear()
        names, size = numbered(self.options.untouched), 4096
        self.space.make(names, size)
        # Files younger than this when they are planned are read again.
        time.sleep(4)
        stamps, words = self.space.output("stamps"), ["--recursive", "."]
        old = self.plan("plan-many", "--stamps", stamps, *words)
        argv = [self.cosplan, "hash", "--quiet", "--update", old, "--stamps", stamps, "-o", old, *words]
        plain = [self.cosplan, "hash", "--quiet", "-o", self.space.output("plan-plain"), *words]
        self.hot("untouched", names, size, [Command(STAMPS, argv), Command(HASH, plain)])

    # The aims.

    def aims(self):
        """What cosplan aims at, for the cases that were measured."""
        found = []

        def add(what, wanted, measured, met):
            found.append({"what": what, "wanted": wanted, "measured": measured, "met": met})

        def faster(case, command, other, factor):
            mine, base = report.find_row(case, command), report.find_row(case, other)
            if mine and base:
                ratio = base["median_s"] / mine["median_s"]
                what = f"{case['title']}: {command} against {other}"
                add(what, f"≥ {factor} ×", f"{ratio:.2f} ×", ratio >= factor)

        one = self.find("sizes", self.options.aim_size)
        faster(one, HASH, BASELINE, 1.15)
        faster(one, HASH, "sha1sum", 2.3)
        faster(one, HASH, IN_MEMORY, 0.9)
        faster(one, CHECK_BARE, BASELINE, 6.5)
        faster(one, CHECK, BASELINE, 4.5)
        pure, check = report.find_row(self.find("vendor"), VENDOR), report.find_row(one, CHECK)
        if pure and check:
            ratio = check["bytes_per_s"] / pure["bytes_per_s"]
            what = f"{one['title']}: {CHECK} against {VENDOR} (1 MiB, scaled)"
            add(what, "≥ 2000 ×", f"{ratio:.0f} ×", ratio >= 2000)
        faster(self.find("long"), HASH_BARE, BASELINE, 6.5)
        faster(self.find("long"), HASH, BASELINE, 5)
        faster(self.find("many"), HASH, "sha1sum", 1)
        start = self.find("start")
        if start:
            took = report.find_row(start, VERSION)["median_s"]
            spent = report.find_row(start, HASH)["median_s"] - took
            limit = 0.002 if self.is_static else 0.005
            add(f"{start['title']}: {HASH} over {VERSION}", f"≤ {limit * 1000:.0f} ms", f"{spent * 1000:.1f} ms",
                spent <= limit)
            if self.is_static:
                add(f"{VERSION}, linked statically", "≤ 8 ms", f"{took * 1000:.1f} ms", took <= 0.008)
        for case in (case for case in self.cases if case["group"] == "checksums"):
            plain, limit = report.find_row(case, HASH)["median_s"], 1.03 if case["files"] == 1 else 1.1
            for kinds in CRCS:
                command = f"{HASH} --checksum {kinds}"
                took = report.find_row(case, command)["median_s"] / plain
                add(f"{case['title']}: {command} over {HASH}", f"≤ {limit} ×", f"{took:.2f} ×", took <= limit)
        self.update_aims(add)
        for what, limit, groups in (
                ("one file", 64, ("start", "sizes")), ("batches", 96, ("batches", "long", "many"))):
            peak = max((row["peak_rss_bytes"] / MIB for case in self.cases if case["group"] in groups
                        for row in case["rows"] if row["command"].startswith("cosplan")), default=None)
            if peak:
                add(f"peak memory of cosplan, {what}", f"≤ {limit} MiB", f"{peak:.0f} MiB", peak <= limit)
        return found

    def update_aims(self, add):
        """What planning again aims at."""
        def row(group, command):
            return report.find_row(self.find(group), command)

        def at_most(group, command, wanted, limit):
            took = row(group, command)["median_s"]
            what = f"{self.find(group)['title']}, {group}: {command}"
            add(what, f"≤ {wanted}, {limit * 1000:.0f} ms", f"{took * 1000:.0f} ms", took <= limit)

        if check := row("unchanged", CHECK):
            check = check["median_s"]
            at_most("unchanged", UPDATE, f"1.1 × {CHECK}", 1.1 * check)
            tail = self.find("appended")["bytes"] - self.find("unchanged")["bytes"]
            limit = 1.1 * check + tail / row("appended", HASH)["bytes_per_s"] + 0.02
            at_most("appended", UPDATE, "1.1 × that, the tail's hash and 20 ms", limit)
            at_most("changed", UPDATE, f"1.1 × {HASH}", 1.1 * row("changed", HASH)["median_s"])
        if row("untouched", STAMPS):
            at_most("untouched", STAMPS, "1.5 s", 1.5)

    def find(self, group, size=None):
        """The first case of a group, of a size if given; or None."""
        return next((c for c in self.cases if c["group"] == group and size in (None, c["bytes"])), None)


def numbered(count):
    """File names for a batch."""
    return [f"{number:05}.bin" for number in range(count)]


def files_text(names, size):
    """How many files of what size."""
    count = "One file" if len(names) == 1 else f"{len(names):,} files"
    return f"{count} of {report.size_text(size)}"


def options():
    """The options: the common ones and the sizes."""
    parser = program.option_parser(__doc__.splitlines()[0], GROUPS)
    add = parser.add_argument
    add("--sizes", type=report.parse_sizes, help="of one file (default: 1M,16M,128M,512M,2G,4G)")
    add("--widths", type=report.parse_sizes, help="of the batches (default: 1,2,5,16,100)")
    add("--width-size", type=report.parse_size, help="of each file of those (default: 32M)")
    add("--cold-size", type=report.parse_size, help="of the data read cold (default: 512M)")
    found = program.parse(parser, GROUPS)
    quick = found.quick
    found.sizes = found.sizes or report.parse_sizes("1M,8M" if quick else "1M,16M,128M,512M,2G,4G")
    found.aim_size = 2 * GIB if 2 * GIB in found.sizes else max(found.sizes)
    found.widths = found.widths or ([1, 2, 5] if quick else [1, 2, 5, 16, 100])
    found.width_size = found.width_size or (2 if quick else 32) * MIB
    found.cold_size = found.cold_size or (16 if quick else 512) * MIB
    found.checksum_size = (16 if quick else 1024) * MIB
    found.long_batch = (8, 2 * MIB) if quick else (32, 128 * MIB)
    found.many = 200 if quick else 10_000
    found.update_size = 8 * MIB if quick else 2 * GIB
    found.untouched = 200 if quick else 100_000
    return found


if __name__ == "__main__":
    program.main("hashing", "Hashing and checking", Hashing, options(), BASELINE)

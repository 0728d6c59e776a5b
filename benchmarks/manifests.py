#!/usr/bin/env python3
"""Measures reading, checking and writing of large manifests, and the memory that a very large file needs.

    swift build -c release --product cosplan
    python3 benchmarks/manifests.py

Makes its data in a temporary folder and removes it. README.md beside this file says what is measured and
how to read it.
"""
import filecmp
import os
import signal
from dataclasses import dataclass

from harness import program, report
from harness.commands import Command, CommandError, say
from harness.files import MIB

GROUPS = ["long", "wide", "write", "merge"]
SLICE_BYTES = 524_288
#: The smallest part `cosplan hash` takes, and the one most plans have.
SMALL_PART, USUAL_PART = 64 << 10, MIB


@dataclass
class Format:
    """How `cosplan hash` writes a manifest, line for line."""

    head: str
    entry: str
    part: str
    part_separator: str
    entry_end: str
    entry_separator: str
    foot: str


FORMATS = {
    "yaml": Format(
        head="---\n# cosplan manifest. Check it: cosplan verify FILE   Upload it: cosplan push FILE\n"
             "cosplan: 1\ndatasha: state\nfiles:\n",
        entry="- path: 'images/{name}.img'\n  key: '/images/{name}.img'\n  filesize: {size}\n  sha: '{sha}'\n"
              "  slice_size: {slice}\n  insertOnly: 1\n  biz_attr: ''\n  uploadparts:\n",
        part="  - {offset: %d, datalen: %d, datasha: '%s', sha1: '%s'}",
        part_separator="\n", entry_end="\n", entry_separator="", foot=""),
    "json": Format(
        head='{\n  "cosplan": 1,\n  "datasha": "state",\n  "files": [\n',
        entry='    {{\n      "path": "images/{name}.img",\n      "key": "/images/{name}.img",\n'
              '      "filesize": {size},\n      "sha": "{sha}",\n      "slice_size": {slice},\n'
              '      "insertOnly": 1,\n      "biz_attr": "",\n      "uploadparts": [\n',
        part='        {"offset": %d, "datalen": %d, "datasha": "%s", "sha1": "%s"}',
        part_separator=",\n", entry_end="\n      ]\n    }", entry_separator=",\n", foot="\n  ]\n}\n"),
}


def write_manifest(path, form, files, parts):
    """A manifest that keeps every rule: `files` entries of `parts` parts of 512 KiB.

    The digests are random, as rules are held against the manifest alone; the last `datasha` of a file is its `sha`.
    """
    with open(path, "w") as out:
        out.write(form.head)
        for number in range(files):
            digests = os.urandom(40 * parts).hex()
            out.write(form.entry_separator if number else "")
            out.write(form.entry.format(
                name=f"{number:04}", size=parts * SLICE_BYTES, sha=digests[-80:-40], slice=SLICE_BYTES))
            for first in range(0, parts, 4096):
                out.write(form.part_separator if first else "")
                out.write(form.part_separator.join(
                    form.part % (i * SLICE_BYTES, SLICE_BYTES, digests[i * 80:i * 80 + 40],
                                 digests[i * 80 + 40:i * 80 + 80])
                    for i in range(first, min(parts, first + 4096))))
            out.write(form.entry_end)
        out.write(form.foot)


def write_apart(path, form, files, parts):
    """Writes a manifest in another process: what this one once held would count as its children's peak memory."""
    child = os.fork()
    if child == 0:
        try:
            write_manifest(path, form, files, parts)
            os._exit(0)
        except BaseException:
            os._exit(1)
    try:
        _, status = os.waitpid(child, 0)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    if status != 0:
        raise CommandError(f"{path}: it could not be written")
    return os.path.getsize(path)


class Manifests(program.Benchmark):
    """Large manifests, read and written."""

    def __init__(self, options, space, cosplan):
        super().__init__(options, space, cosplan)
        self.found = []

    def aims(self):
        return self.found

    def aim(self, what, unit, limit, measured, digits):
        self.found.append({
            "what": what, "wanted": f"≤ {limit} {unit}", "measured": f"{measured:.{digits}f} {unit}",
            "met": measured <= limit})

    def new_case(self, group, title, size):
        """A case without rows, kept."""
        self.cases.append({"group": group, "title": title, "bytes": size, "notes": []})
        return self.cases[-1]

    def long(self):
        """One file of very many parts."""
        self.read("long", 1, self.options.parts, self.options.rounds, 1.5, 150)

    def wide(self):
        """Very many files of many parts."""
        self.read("wide", self.options.files, self.options.wide_parts, min(3, self.options.rounds), 20, 250)

    def read(self, group, files, parts, rounds, most_cpu, most_memory):
        """Reading a manifest and holding it against every rule, without its files; in both formats by turns."""
        sizes, commands = {}, []
        for kind, form in FORMATS.items():
            say(f"making a manifest: {files:,} × {parts:,} parts, {kind}")
            path = self.space.path(f"{group}.{kind}")
            sizes[kind] = write_apart(path, form, files, parts)
            commands.append(Command(f"cosplan verify, {kind}", [self.cosplan, "verify", "--quiet", path]))
        # All rates in this case are of the YAML text's bytes.
        what = f"{files:,} files × {parts:,} parts" if files > 1 else f"one file of {parts:,} parts"
        case = self.new_case(group, f"Reading and checking a manifest: {what}", sizes["yaml"])
        case["manifest_bytes"] = sizes
        case["notes"].append("The text: " + ", ".join(f"{size / 1e6:.3g} MB of {k}" for k, size in sizes.items())
                             + "; GB/s counts the YAML's bytes in both rows.")
        self.measure(commands, case, rounds)
        for kind in FORMATS:
            row = report.find_row(case, f"cosplan verify, {kind}")
            self.aim(f"read and check {what}, {kind}: CPU", "s", most_cpu, row["cpu_s"], 2)
            self.aim(f"read and check {what}, {kind}: memory", "MiB", most_memory, row["peak_rss_bytes"] / MIB, 0)

    def write(self):
        """Planning a sparse file in very many parts beside the same file in a sixteenth of them."""
        size, name = self.options.parts * SMALL_PART, "sparse.bin"
        if not self.space.has_room(size, sparse=True):
            self.skipped.append(f"write: {report.size_text(size)} do not fit the page cache")
            return
        self.space.make_sparse(name, size)
        self.space.warm([name])
        check = [self.cosplan, "verify", "--quiet", "--bytes", self.plan("plan", *part_size(SMALL_PART), name)]
        commands = [self.hash(kind, part, name) for kind in FORMATS for part in (SMALL_PART, USUAL_PART)]
        commands.append(Command("cosplan verify --bytes, parts of 64 KiB", check))
        many, few = size // SMALL_PART, size // USUAL_PART
        case = self.new_case(
            "write", f"A sparse file of {report.size_text(size)} in {many:,} and in {few:,} parts", size)
        self.measure(commands, case, min(3, self.options.rounds))
        case["notes"].append(
            "Every row hashes all the bytes. What writing costs is the difference between two part sizes: it "
            "holds the ends of the other parts' digests as well as their text.")
        for kind in FORMATS:
            slow, fast = (
                report.find_row(case, self.hash(kind, part, name).name) for part in (SMALL_PART, USUAL_PART))
            cpu, wall = (slow[key] - fast[key] for key in ("cpu_s", "median_s"))
            case["notes"].append(f"{many - few:,} more parts, {kind}: {cpu:.2f} s CPU, {wall:.2f} s wall.")
            self.aim(f"write {many - few:,} more parts, {kind}: CPU", "s", 1, cpu, 2)
        peak = max(row["peak_rss_bytes"] for row in case["rows"])
        self.aim(f"plan and check a file of {report.size_text(size)}: memory", "MiB", 100, peak / MIB, 0)

    def merge(self):
        """Sixteen shards of very many files, made one plan: the one that one process writes."""
        files, shards = self.options.shard_files, 16
        say(f"making {files:,} files and the {shards} shards of their plan")
        folders = [f"many/{number:03}" for number in range((files + 999) // 1000)]
        for folder in folders:
            os.makedirs(os.path.join(self.space.data, folder))
        for number in range(files):
            with open(os.path.join(self.space.data, folders[number // 1000], f"{number:06}"), "w") as file:
                file.write(str(number))
        one = self.plan("one", "--recursive", "many")
        names = [self.plan(f"shard-{k}", "--recursive", "--shard", f"{k}/{shards}", "many")
                 for k in range(1, shards + 1)]
        merged = self.space.output("merged")
        command = Command("cosplan merge", [self.cosplan, "merge", *names, "-o", merged])
        case = self.new_case("merge", f"{shards} shards of {files:,} files, made one plan", os.path.getsize(one))
        case["notes"].append("GB/s counts the bytes of the plan.")
        self.measure([command], case, self.options.rounds)
        if not filecmp.cmp(one, merged, shallow=False):
            raise CommandError("cosplan merge: the plan is not the one that one process wrote")
        row = report.find_row(case, command.name)
        self.aim(f"merge {shards} shards of {files:,} files", "s", 3, row["median_s"], 2)
        self.aim(f"merge {shards} shards of {files:,} files: memory", "MiB", 250, row["peak_rss_bytes"] / MIB, 0)

    def hash(self, kind, part, name):
        """`cosplan hash` with a part size."""
        words = ["hash", "--quiet", "--format", kind, *part_size(part), name]
        return Command(f"cosplan hash, {kind}, parts of {report.size_text(part)}", [self.cosplan, *words])


def part_size(size):
    """The option."""
    return ["--part-size", str(size)]


def options():
    """The options: the common ones, and how large the manifests are."""
    found = program.parse(program.option_parser(__doc__.splitlines()[0], GROUPS), GROUPS)
    found.parts = 1024 if found.quick else 131_072
    found.shard_files = 2000 if found.quick else 100_000
    found.files, found.wide_parts = (10, 100) if found.quick else (1000, 2048)
    return found


if __name__ == "__main__":
    program.main("manifests", "Large manifests", Manifests, options())

"""The frame of a benchmark program: options, groups of cases, results."""
import argparse
import dataclasses
import os
import subprocess
import sys
import time

from . import machine, report
from .commands import CommandError, measure, run as run_once
from .files import MIB, Workspace

HIDDEN = ["--binary", "--beside", "--folder", "--output"]
#: What the rows of the build of `--beside` are called.
BESIDE = " (other build)"


def option_parser(description, groups):
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("--binary", help="the cosplan to measure (default: this repository's release build, or the path's)")
    add("--beside", help="another build of cosplan, measured in the same rounds: before and after a change")
    add("--folder", help="where the data is made (default: the system's temporary folder)")
    add("--piece", type=report.parse_size, default=MIB, help="how much of a file is written at a time (default: 1M)")
    add("--output", help="where the JSON and the tables go (default: benchmarks/results; with --quick: nowhere)")
    add("--groups", default=",".join(groups), help="some of: %(default)s")
    add("--rounds", type=int, help="rounds of each case (default: 5; with --quick: 2)")
    add("--quick", action="store_true", help="tiny sizes: shows that it works, measures nothing")
    return parser


def parse(parser, groups):
    """The options, with the defaults that depend on --quick."""
    options = parser.parse_args()
    options.groups = options.groups.split(",")
    if unknown := [group for group in options.groups if group not in groups]:
        parser.error(f"--groups: {unknown[0]} is none of {', '.join(groups)}")
    if options.rounds is None:
        options.rounds = 2 if options.quick else 5
    if options.rounds < 1:
        parser.error("--rounds: at least 1 is needed")
    return options


class Benchmark:
    """Groups of cases: each group is a method that makes its files and measures; `aims` holds them to the aims."""

    def __init__(self, options, space, cosplan):
        self.options, self.space, self.cosplan = options, space, cosplan
        self.cases, self.skipped, self.tools = [], [], {}

    def aims(self):
        """What was aimed at and what came out: dictionaries of what, wanted, measured, met."""
        return []

    def measure(self, commands, case, rounds, before=None):
        """Measures a case's commands; with `--beside` those of cosplan by the other build, too."""
        others = [self.by_other_build(command) for command in commands if self.cosplan in command.argv]
        others = [command for command in others if self.is_known(command, case)] if self.options.beside else []
        measure(self.space, [*commands, *others], case, rounds, before)

    def by_other_build(self, command):
        """The same command, run by the build of `--beside`."""
        other = os.path.abspath(self.options.beside) if self.options.beside else self.cosplan
        argv = [other if word == self.cosplan else word for word in command.argv]
        return dataclasses.replace(command, name=command.name + BESIDE, argv=argv)

    def is_known(self, command, case):
        """Whether the other build has this command; the case says so where it has not."""
        try:
            run_once(command.argv, self.space.data, os.devnull, self.space.output("stderr"))
        except CommandError as error:
            case["notes"].append(f"{command.name}: left out: {str(error).splitlines()[-1]}")
            return False
        return True

    def comparisons(self):
        """Of every command that both builds ran: how much faster this one is. It counts as slower beyond the spreads."""
        found = []
        for case in self.cases:
            for row in case["rows"]:
                other = report.find_row(case, row["command"] + BESIDE)
                if other:
                    ratio = other["median_s"] / row["median_s"]
                    allowed = 1 - max(row["spread"], other["spread"], 0.02)
                    found.append({
                        "what": f"{case['title']}: {row['command']} beside the other build",
                        "wanted": f"≥ {allowed:.2f} × (the spread)", "measured": f"{ratio:.2f} ×",
                        "met": ratio >= allowed})
        return found

    def plan(self, name, *words):
        """A manifest made by `cosplan hash`, not measured; returns its path."""
        path = self.space.output(name)
        argv = [self.cosplan, "hash", "--quiet", "-o", path, *words]
        done = subprocess.run(argv, cwd=self.space.data, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            said = done.stderr[:2000].strip() or "no words"
            raise CommandError(f"cosplan hash: ended with {done.returncode}: {said}")
        return path


def main(kind, title, kinds, options, baseline=None):
    """Runs a benchmark of class `kinds`, prints its tables and writes its results."""
    try:
        run(kind, title, kinds, options, baseline)
    except CommandError as error:
        sys.exit(f"error: {error}")


def run(kind, title, kinds, options, baseline):
    cosplan = machine.find_cosplan(options.binary)
    machine.warn_if_busy()
    os.environ["LC_ALL"] = "C"
    began = time.monotonic()
    with Workspace(options.folder, options.piece) as space:
        state = machine.describe(space.data, cosplan)
        benchmark = kinds(options, space, cosplan)
        for line in benchmark.skipped:
            print(f"left out: {line}", file=sys.stderr)
        for group in options.groups:
            getattr(benchmark, group)()
            space.clear()
    state["load_after"] = os.getloadavg()[0]
    result = {
        "benchmark": kind, "version": 1, "date": machine.today(),
        "command": machine.command_line(f"benchmarks/{kind}.py", HIDDEN),
        "took_s": time.monotonic() - began, "rounds": options.rounds, "quick": options.quick,
        "machine": state, "tools": benchmark.tools, "skipped": benchmark.skipped,
        "cases": benchmark.cases, "aims": benchmark.aims() + benchmark.comparisons(),
    }
    text = report.whole(title, result, baseline)
    print(text)
    folder = options.output
    if not folder and not options.quick:
        folder = os.path.join(machine.REPOSITORY, "benchmarks", "results")
    for path in report.write(folder, kind, result, text) if folder else []:
        print(f"written: {os.path.relpath(path)}", file=sys.stderr)

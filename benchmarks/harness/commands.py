"""Commands, and what running them costs."""
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable, Optional


#: A peak this close to the harness's own says nothing of the command.
ALIKE_BYTES = 256 << 10


@dataclass
class Command:
    """One row of a table: what is run, and how its output is understood."""

    name: str
    argv: list
    #: Left out of cases with more bytes than this, to keep the run short.
    most_bytes: Optional[int] = None
    #: "sha1": prints SHA-1 digests, one a line; "plan": prints a manifest; None: prints neither.
    prints: Optional[str] = None
    #: False: what it prints is thrown away (`cat`).
    keeps_output: bool = True
    #: For commands that print a rate: bytes a second, read from the output.
    rate: Optional[Callable] = None


class CommandError(Exception):
    """A command that did not end well."""


def run(argv, folder, output, error_output):
    """Runs a command to its end; returns its wall time, CPU time and peak resident memory.

    The memory is at least this process's own, which stands beside it: the kernel counts what a child was before it
    became the command.
    """
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open(output, "wb") as out, open(error_output, "wb") as errors:
        started = time.perf_counter()
        child = subprocess.Popen(
            argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True)
        try:
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.perf_counter() - started
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        with open(error_output, errors="replace") as file:
            raise CommandError(
                f"{' '.join(argv[:4])}: ended with {child.returncode}: {file.read(2000).strip() or 'no words'}")
    return {
        "wall_s": wall, "user_s": usage.ru_utime, "system_s": usage.ru_stime,
        "peak_rss_bytes": usage.ru_maxrss * 1024, "harness_rss_bytes": own * 1024,
    }


def measure(space, commands, case, rounds, before=None):
    """Runs the commands in turn, `rounds` times, each round in another order, and adds their rows to `case`.

    `before` is called before each run. In the first round all that print SHA-1 digests have to agree.
    """
    chosen = [c for c in commands if c.most_bytes is None or case["bytes"] <= c.most_bytes]
    case["left_out"] = [c.name for c in commands if c not in chosen]
    samples = {c.name: [] for c in chosen}
    digests = {}
    error_output = space.output("stderr")
    for turn in range(rounds):
        say(f"{case['title']}: round {turn + 1} of {rounds}")
        for command in in_turn(chosen, turn):
            if before:
                before()
            output = space.output("stdout") if command.keeps_output else os.devnull
            sample = run(command.argv, space.data, output, error_output)
            if command.rate:
                sample["wall_s"] = case["bytes"] / command.rate(output)
            if turn == 0 and command.prints:
                digests[command.name] = printed_digests(output, command.prints)
            samples[command.name].append(sample)
    if len({tuple(found) for found in digests.values()}) > 1:
        raise CommandError(f"{case['title']}: the digests differ between " + ", ".join(sorted(digests)))
    case["digests_agree"] = sorted(digests)
    case["rows"] = [summary(c.name, samples[c.name], case["bytes"]) for c in chosen]
    return case


def in_turn(commands, turn):
    """The commands in this round's order: begun one further each round, every other round backwards."""
    start = turn % len(commands)
    order = commands[start:] + commands[:start]
    return order if turn % 2 == 0 else order[::-1]


def summary(name, samples, size):
    """A row: the samples and what is said of them."""
    walls = [sample["wall_s"] for sample in samples]
    median = statistics.median(walls)
    return {
        "command": name,
        "median_s": median,
        "min_s": min(walls),
        "max_s": max(walls),
        "spread": (max(walls) - min(walls)) / median,
        "bytes_per_s": size / median,
        "cpu_s": statistics.median(sample["user_s"] + sample["system_s"] for sample in samples),
        "peak_rss_bytes": max(sample["peak_rss_bytes"] for sample in samples),
        "peak_is_harness": all(s["peak_rss_bytes"] <= s["harness_rss_bytes"] + ALIKE_BYTES for s in samples),
        "samples": samples,
    }


def printed_digests(output, kind):
    """The SHA-1 digests a command printed, sorted: one a line, or the `sha` of each file of a manifest."""
    found = []
    with open(output) as file:
        for line in file:
            if kind == "plan" and not line.startswith("  sha: "):
                continue
            words = line.replace("'", " ").replace(",", " ").split()
            found += [w for w in words if len(w) == 40 and not w.strip("0123456789abcdef")][:1]
    return sorted(found)


def say(line):
    """A line of progress."""
    print(f"  {line}", file=sys.stderr, flush=True)

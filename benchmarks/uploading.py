#!/usr/bin/env python3
"""Measures `cosplan push` against a server that reads and answers, beside `curl -Z` sending the same bodies.

    swift build -c release --product cosplan
    python3 benchmarks/uploading.py

Makes its data in a temporary folder and removes it; nothing leaves this machine. README.md beside this file says
what is measured and how to read it.
"""
import os
import shutil

from harness import machine, program, report
from harness.commands import Command, measure
from harness.files import MIB
from harness.sink import Sink

GROUPS = ["at_once", "after_20_ms", "after_100_ms", "memory"]
IN_FLIGHT = [1, 4, 16]
SLICE_BYTES = MIB
BOUNDARY = "cosplan-benchmark"
TARGET = ["--region", "gz", "--appid", "1251668577", "--bucket", "bench"]
#: A pair that opens nothing: the sink does not look at it.
PAIR = {"COSPLAN_SECRET_ID": "AKIDEXAMPLE", "COSPLAN_SECRET_KEY": "EXAMPLE"}


class Uploading(program.Benchmark):
    """Uploads over loopback."""

    def __init__(self, options, space, cosplan):
        super().__init__(options, space, cosplan)
        self.found = []
        os.environ.update(PAIR)
        for name in ["http_proxy", "https_proxy", "all_proxy"]:
            os.environ.pop(name, None)
        self.curl = shutil.which("curl")
        if self.curl:
            self.tools["curl"] = machine.first_line([self.curl, "--version"])
        else:
            self.skipped.append("curl: not on the path")

    def aims(self):
        return self.found

    def at_once(self):
        """Replies without delay."""
        self.delayed("at_once", 0)

    def after_20_ms(self):
        """Replies 20 ms after the slice has arrived."""
        self.delayed("after_20_ms", 20)

    def after_100_ms(self):
        """Replies 100 ms after the slice has arrived."""
        self.delayed("after_100_ms", 100)

    def delayed(self, group, delay):
        """The same upload with 1, 4 and 16 slices in flight."""
        with Sink(delay) as sink:
            for width in IN_FLIGHT:
                # With a delay, about four seconds of waiting say enough.
                count = min(self.options.slices, width * 4000 // delay) if delay else self.options.slices
                self.case(group, sink, width, count, delay)
                self.space.clear()

    def case(self, group, sink, width, count, delay):
        size = count * SLICE_BYTES
        self.space.make(["data"], size)
        push = self.push("data", sink, width)
        commands = [
            Command("cosplan push", push),
            Command("cosplan push, hook off", ["env", "COSPLAN_CURL_HOOK=0", *push]),
        ]
        if self.curl:
            commands.append(Command("curl -Z", self.curl_words(sink, width, count), keeps_output=False))
        if delay == 0:
            commands.append(Command("cosplan push --rehearse", self.rehearse("data", width)))
        case = {
            "group": group, "bytes": size, "notes": [], "baseline": "curl -Z",
            "title": f"{report.size_text(size)}, {width} in flight, replies after {delay} ms",
        }
        self.cases.append(case)
        measure(self.space, commands, case, self.options.rounds)
        for row in case["rows"]:
            case["notes"].append(
                f"{row['command']}: {row['cpu_s'] / size * (1 << 30):.2f} CPU s/GiB, "
                f"{row['cpu_s'] / row['median_s']:.2f} cores.")
        self.judge(case, width, delay)

    def judge(self, case, width, delay):
        """Holds a case to the aims."""
        ours, curl = (report.find_row(case, name) for name in ("cosplan push", "curl -Z"))
        if delay == 0 and width == 4:
            rate = ours["bytes_per_s"] / 1e9
            self.aim("4 in flight, at once: every slice checked", "≥ 0.8 GB/s", f"{rate:.2f} GB/s", rate >= 0.8)
        if delay == 20 and width == 16 and curl:
            times = curl["median_s"] / ours["median_s"]
            self.aim("16 in flight, after 20 ms: beside curl -Z", "≥ 1.00 ×", f"{times:.2f} ×", times >= 1)
        if delay == 100 and width == 1:
            cores = ours["cpu_s"] / ours["median_s"]
            self.aim("1 in flight, after 100 ms: cores", "≤ 0.3", f"{cores:.2f}", cores <= 0.3)

    def memory(self):
        """A large plan of 3 MiB slices, 16 in flight."""
        size = self.options.memory_bytes
        self.space.make(["data"], size)
        with Sink(0) as sink:
            case = {
                "group": "memory", "bytes": size, "notes": [],
                "title": f"{report.size_text(size)} in slices of 3 MiB, 16 in flight",
            }
            self.cases.append(case)
            push = self.push("data", sink, 16, "--slice-size", "3M")
            measure(self.space, [Command("cosplan push", push)], case, min(3, self.options.rounds))
        peak = case["rows"][0]["peak_rss_bytes"] / MIB
        self.aim("slices of 3 MiB, 16 in flight: memory", "≤ 200 MiB", f"{peak:.0f} MiB", peak <= 200)

    def aim(self, what, wanted, measured, met):
        self.found.append({"what": what, "wanted": wanted, "measured": measured, "met": met})

    def push(self, name, sink, width, *words):
        """`cosplan push` of a plan of one file."""
        plan = self.plan("plan", "--no-part-sha1", *TARGET, *words, name)
        return [self.cosplan, "push", "--quiet", "--endpoint", sink.url, "--slices", str(width), plan]

    def rehearse(self, name, width):
        """The same upload against the strict emulator inside the process."""
        plan = self.plan("rehearsal", "--no-part-sha1", name)
        return [self.cosplan, "push", "--quiet", "--rehearse", "--slices", str(width), plan]

    def curl_words(self, sink, width, count):
        """`curl -Z` with the bodies that push sends, made beforehand."""
        config = self.space.output("curl.config")
        with open(self.space.path("data"), "rb") as data, open(config, "w") as out:
            for index in range(count):
                body = self.space.path(f"body{index}")
                with open(body, "wb") as file:
                    self.write_body(file, index, data.read(SLICE_BYTES))
                out.write(f'{"next" if index else ""}\nurl = "{sink.url}/files/v2/1/bench/data"\n'
                          f'data-binary = "@{body}"\nheader = "Expect:"\noutput = "{os.devnull}"\n'
                          f'header = "Content-Type: multipart/form-data; boundary={BOUNDARY}"\n')
        return [self.curl, "-s", "-Z", "--parallel-immediate", "--parallel-max", str(width), "-K", config]

    @staticmethod
    def write_body(file, index, content):
        """A data request's body."""
        fields = [
            ("op", b"upload_slice_data"), ("session", b"sink"),
            ("offset", str(index * SLICE_BYTES).encode()), ("sha", b"0" * 40), ("filecontent", content),
        ]
        for name, value in fields:
            file.write(
                f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n'
                f"Content-Length: {len(value)}\r\n\r\n".encode())
            file.write(value + b"\r\n")
        file.write(f"--{BOUNDARY}--\r\n".encode())


def options():
    """The options: the common ones, and how much is sent."""
    found = program.parse(program.option_parser(__doc__.splitlines()[0], GROUPS), GROUPS)
    found.slices = 32 if found.quick else 1024
    found.memory_bytes = (32 if found.quick else 2048) * MIB
    return found


if __name__ == "__main__":
    program.main("uploading", "Uploads over loopback", Uploading, options())

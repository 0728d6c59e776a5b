#!/usr/bin/env python3
"""Draws what hashing.py measured: throughput against file size and against batch width.

    python3 benchmarks/plot.py benchmarks/results/DATE-PROCESSOR-hashing.json

Writes NAME-sizes.svg and NAME-batches.svg beside the JSON (or .png with --format png). Needs matplotlib: Debian's
package python3-matplotlib, or `pip install matplotlib`.
"""
import argparse
import json
import os
import sys

from harness.report import size_text

#: The lines and how they look; what is not named here is not drawn.
STYLES = {
    "cosplan verify --bytes, no part sha1": ("C3", "s", "-"),
    "cosplan verify --bytes": ("C3", "o", "-"),
    "cosplan hash --no-part-sha1": ("C0", "s", "-"),
    "cosplan hash": ("C0", "o", "-"),
    "b3sum": ("C7", "^", ":"),
    "openssl dgst -sha1": ("C1", "v", "--"),
    "Python hashlib": ("C8", "x", "--"),
    "sha1sum": ("C2", "v", "--"),
    "rhash --sha1": ("C4", "<", "--"),
    "hashdeep -c sha1": ("C5", ">", "--"),
}


def drawn(plot, cases, horizontal, label, ticks, result, path):
    """One chart: a line for each command, the median at each case, a bar from the slowest to the fastest round."""
    figure, axes = plot.subplots(figsize=(8, 5))
    for command, (colour, marker, line) in named_lines(cases):
        rows = [(case, row) for case in cases for row in case["rows"] if row["command"] == command]
        speeds = [row["bytes_per_s"] / 1e9 for _, row in rows]
        low = [speed - case["bytes"] / row["max_s"] / 1e9 for (case, row), speed in zip(rows, speeds)]
        high = [case["bytes"] / row["min_s"] / 1e9 - speed for (case, row), speed in zip(rows, speeds)]
        axes.errorbar(
            [horizontal(case) for case, _ in rows], speeds, yerr=[low, high], label=command, color=colour,
            marker=marker, linestyle=line, markersize=4, capsize=2, linewidth=1.2)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    places = sorted({horizontal(case) for case in cases})
    axes.set_xticks(places, [ticks(place) for place in places])
    axes.minorticks_off()
    speeds = [s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
              if axes.get_ylim()[0] <= s <= axes.get_ylim()[1]]
    axes.set_yticks(speeds, [f"{s:g}" for s in speeds])
    axes.set_xlabel(label)
    axes.set_ylabel("GB/s, whole command, hot page cache")
    axes.set_title(f"{result['machine']['cpu']}, {result['machine']['processors']} processors, {result['date']}",
                   fontsize=10)
    axes.grid(True, alpha=0.3)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path, bbox_inches="tight", dpi=150, metadata={"Date": None} if path.endswith("svg") else None)
    plot.close(figure)
    print(f"written: {os.path.relpath(path)}", file=sys.stderr)


def named_lines(cases):
    """The commands that were measured in these cases, in the order and with the looks of STYLES.

    The one whose name holds the number of processors, `xargs -P2 …`, comes last.
    """
    measured = {row["command"]: None for case in cases for row in case["rows"]}
    spread = [(name, ("C1", "^", "--")) for name in measured if name.startswith("xargs -P")]
    return [(name, look) for name, look in STYLES.items() if name in measured] + spread


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", help="the JSON that hashing.py wrote")
    parser.add_argument("--format", choices=["svg", "png"], default="svg", help="of the charts (default: svg)")
    options = parser.parse_args()
    try:
        import matplotlib
    except ImportError:
        sys.exit("matplotlib: not installed; Debian's package python3-matplotlib has it")
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "cosplan"
    from matplotlib import pyplot
    with open(options.results) as file:
        result = json.load(file)
    stem = os.path.splitext(options.results)[0]
    charts = [
        ("sizes", "bytes", "size of the file", size_text),
        ("batches", "files", "files in the batch, of {} each", lambda count: f"{count:.0f}"),
    ]
    for group, field, label, ticks in charts:
        cases = sorted((c for c in result["cases"] if c["group"] == group), key=lambda case: case["bytes"])
        if not cases:
            print(f"{group}: not among the results", file=sys.stderr)
            continue
        drawn(pyplot, cases, lambda case: case[field], label.format(size_text(cases[0]["file_bytes"])), ticks, result,
              f"{stem}-{group}.{options.format}")


if __name__ == "__main__":
    main()

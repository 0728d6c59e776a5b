"""Draws README's picture: a terminal in which cosplan planned, checked and uploaded a real file.

    picture.py --binary PATH [--output FILE]

The commands run on a terminal of their own against an emulator on loopback; what stands on its screen while the upload is
on its way is drawn as SVG, character by character. Needs the terminal of the tests, and nothing but Python.
"""
import argparse
import codecs
import html
import importlib.util
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS, LINES = 92, 30
PAIR = {"COSPLAN_SECRET_ID": "AKIDEXAMPLE0000000000000000000000000", "COSPLAN_SECRET_KEY": "SECRETKEYEXAMPLE000000000000000000"}
SESSION = r"""
run() { printf '$ %s\n' "$1"; eval "$1"; echo; }
run 'cosplan hash disk.img --region gz --appid 1251668577 --bucket iainyu -o plan.yaml'
run 'cosplan verify --bytes plan.yaml'
run 'cosplan push plan.yaml --receipt receipt.jsonl'
"""
# A cell of the picture. **Unit**: pixels.
WIDTH, HEIGHT, MARGIN = 8.4, 19, 16


def terminal():
    spec = importlib.util.spec_from_file_location("terminal", HERE.parent / "Tests/CommandTests/terminal.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def record(binary, folder):
    """The screen's lines while the upload is about two thirds done."""
    with open(folder / "disk.img", "wb") as disk:
        for _ in range(300):
            disk.write(os.urandom(1 << 20))
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    # The session's commands name no endpoint of this machine, and are slow enough to be seen.
    server = subprocess.Popen(
        [binary, "serve"], cwd=folder, stdout=subprocess.PIPE, text=True, env={**os.environ, **PAIR})
    url = server.stdout.readline().strip()
    wrapper = bin_folder / "cosplan"
    wrapper.write_text(
        f'#!/bin/sh\nif [ "$1" = push ]; then shift; exec {binary} push --endpoint {url} --limit-rate 60M "$@"; fi\n'
        f'exec {binary} "$@"\n')
    wrapper.chmod(0o755)
    module = terminal()
    screen = module.Screen(COLUMNS, LINES, False)
    child, descriptor = pty.fork()
    if child == 0:
        module.set_size(0, COLUMNS, LINES)
        os.chdir(folder)
        environment = {**PAIR, "PATH": f"{bin_folder}:/usr/bin:/bin", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
                       "HOME": str(folder)}
        os.execvpe("/bin/bash", ["bash", "-c", SESSION], environment)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    lines = []
    try:
        while True:
            try:
                data = os.read(descriptor, 65536)
            except OSError:
                break
            if not data:
                break
            screen.feed(decoder.decode(data))
            shown = screen.logical()
            done = re.search(r"^sending +(\d+)%", "\n".join(shown), re.M)
            if done and 60 <= int(done.group(1)) < 80:
                lines = shown
    finally:
        os.waitpid(child, 0)
        server.terminate()
        server.wait()
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        sys.exit("the bar was never seen between 60 and 80 %")
    return lines


def draw(lines):
    width, height = COLUMNS * WIDTH + 2 * MARGIN, (len(lines) + 2) * HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="cosplan plans, checks and uploads a file">',
        f'<rect width="{width:.0f}" height="{height:.0f}" rx="8" fill="#16181d"/>',
    ]
    for index, color in enumerate(["#ff5f57", "#febc2e", "#28c840"]):
        parts.append(f'<circle cx="{MARGIN + 6 + 20 * index}" cy="{MARGIN + 2}" r="6" fill="{color}"/>')
    parts.append(
        '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14" '
        'xml:space="preserve">')
    for row, line in enumerate(lines):
        y = MARGIN + (row + 2) * HEIGHT
        color = "#ffffff" if line.startswith("$ ") else "#c5c8d0"
        # Text in runs, the cells of the bar as rectangles: fonts disagree on the width of blocks.
        for match in re.finditer(r"[█░]+|[^█░▕▏ ]+(?: [^█░▕▏ ]+)*", line):
            x, text = MARGIN + match.start() * WIDTH, match.group()
            if text[0] in "█░":
                full = text.count("█") * WIDTH
                parts.append(f'<rect x="{x:.1f}" y="{y - 13}" width="{len(text) * WIDTH:.1f}" height="16" fill="#343842"/>')
                parts.append(f'<rect x="{x:.1f}" y="{y - 13}" width="{full:.1f}" height="16" fill="#4aa3ff"/>')
            else:
                parts.append(
                    f'<text x="{x:.1f}" y="{y}" textLength="{len(text) * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs" '
                    f'fill="{color}">{html.escape(text)}</text>')
    return "\n".join(parts + ["</g>", "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--output", default=HERE / "results" / "terminal.svg", type=pathlib.Path)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cosplan-picture-"))
    try:
        options.output.write_text(draw(record(options.binary, folder)))
    finally:
        shutil.rmtree(folder)
    print(options.output)


if __name__ == "__main__":
    main()

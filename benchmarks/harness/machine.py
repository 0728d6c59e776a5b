"""What it was measured on and with."""
import datetime
import os
import platform
import re
import shutil
import subprocess
import sys

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CPU_FLAGS = ["sha_ni", "avx2", "avx512f", "avx512vl", "avx512bw", "sha1", "sha2", "hypervisor"]


def find_cosplan(given):
    """The binary to measure: the one given, this repository's release build, or the one on the path."""
    built = os.path.join(REPOSITORY, ".build", "release", "cosplan")
    for path in [given] if given else [built, shutil.which("cosplan")]:
        if path and os.access(path, os.X_OK) and not os.path.isdir(path):
            return os.path.abspath(path)
    sys.exit(
        f"{given}: it is no program" if given else
        "cosplan: no release build here and none on the path; make one with\n"
        "  swift build -c release --product cosplan\nor name one with --binary")


def first_line(argv):
    """The first line that a command prints, or None."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=60)
    except OSError:
        return None
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else None


def describe(folder, cosplan):
    """The machine, the system and the state it is in."""
    with open("/proc/cpuinfo") as file:
        info = dict(
            tuple(part.strip() for part in line.split(":", 1)) for line in file if ":" in line)
    flags = set((info.get("flags") or info.get("Features") or "").split())
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) * 1024
    release = platform.freedesktop_os_release() if hasattr(platform, "freedesktop_os_release") else {}
    return {
        "cpu": info.get("model name", platform.machine()),
        "cpu_family_model": [info.get("cpu family"), info.get("model")],
        "cpu_flags": [flag for flag in CPU_FLAGS if flag in flags],
        "processors": len(os.sched_getaffinity(0)),
        "memory_bytes": memory,
        "kernel": platform.release(),
        "system": release.get("PRETTY_NAME", platform.system()),
        "file_system": file_system(folder),
        "load_before": os.getloadavg()[0],
        "cosplan": first_line([cosplan, "--version"]),
        "commit": commit(),
        "environment": {name: os.environ[name] for name in ["COSPLAN_KERNEL"] if name in os.environ},
    }


def commit():
    """The commit of this work tree, with a mark if it has changes."""
    git = ["git", "-C", REPOSITORY]
    try:
        head = subprocess.run(git + ["rev-parse", "HEAD"], capture_output=True, text=True)
        changes = subprocess.run(
            git + ["status", "--porcelain", "--", "Sources", "Package.swift"], capture_output=True, text=True)
    except OSError:
        return None
    if head.returncode != 0:
        return None
    return head.stdout.strip() + (" with changes" if changes.stdout.strip() else "")


def file_system(folder):
    """The type of the file system a folder is on."""
    found = ("", "unknown")
    with open("/proc/self/mounts") as file:
        for line in file:
            _, place, kind = line.split()[:3]
            inside = os.path.abspath(folder).startswith(place.rstrip("/") + "/") or place == "/"
            if inside and len(place) >= len(found[0]):
                found = (place, kind)
    return found[1]


def today():
    """The date, in UTC."""
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def slug(cpu):
    """The processor's name as part of a file's."""
    name = re.sub(r"\(r\)|\(tm\)|\bcpu\b|@.*|\d+-core processor", " ", cpu.lower())
    return re.sub(r"[^a-z0-9]+", "-", name).strip("-") or "unknown"


def command_line(program, hidden):
    """The command as it was typed, less the options that name places of this machine."""
    words, result, skip = sys.argv[1:], [], False
    for word in words:
        name = word.split("=", 1)[0]
        if not skip and name not in hidden:
            result.append(word)
        skip = name in hidden and "=" not in word and not skip
    return " ".join(["python3", program] + result)


def warn_if_busy():
    """Says so when something else is running."""
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"warning: the load is {load:.1f}: what is measured now is not worth keeping", file=sys.stderr)

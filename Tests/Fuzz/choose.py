#!/usr/bin/env python3
"""Chooses few, small texts of a libFuzzer corpus that reach most of what the whole corpus reaches.

Usage: choose.py CONTROL_FILE FROM TO
CONTROL_FILE is what `fuzz-manifest -set_cover_merge=1 -merge_control_file=CONTROL_FILE EMPTY_FOLDER corpus`, run in
FROM, left behind. Texts called seed-* are the repository's manifests: what they reach is not chosen again.
"""
import os
import shutil
import sys

COUNT = 150
# A text is worth what it adds, for its own bytes and as many more: else dozens of tiny ones would come first.
OVERHEAD = 8_000


def main(control, source, target):
    lines = open(control, encoding="utf-8").read().split("\n")
    count = int(lines[0])
    names = lines[2 : 2 + count]
    # A feature is an edge (its upper bits) with how often it was taken (three bits).
    edges = {}
    for line in lines[2 + count :]:
        words = line.split()
        if words and words[0] == "FT":
            edges[int(words[1])] = {int(word) >> 3 for word in words[2:]}
    seeds = {index for index in edges if os.path.basename(names[index]).startswith("seed-")}
    reached = set().union(*(edges[index] for index in seeds))
    rest = set(edges) - seeds
    size = {index: os.path.getsize(os.path.join(source, names[index])) for index in edges}
    os.makedirs(target, exist_ok=True)
    for _ in range(COUNT):
        best = max(rest, key=lambda index: (len(edges[index] - reached) / (OVERHEAD + size[index]), -index))
        if not edges[best] - reached:
            break
        reached |= edges[best]
        rest.discard(best)
        path = os.path.join(source, names[best])
        shutil.copy(path, os.path.join(target, os.path.basename(path)[:12]))
    print(f"{len(os.listdir(target))} texts reach {len(reached)} of {len(set().union(*edges.values()))} edges")


main(*sys.argv[1:])

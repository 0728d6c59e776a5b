"""Runs a command on a terminal of its own and says what stands on the screen when it has ended.

    terminal.py [--size COLUMNSxLINES] [--clip] [--slow] [--when WORD ACTION]... -- COMMAND...

ACTION, taken once WORD has come: `columns=N` sets the width, `type=TEXT` is typed, `continue=PID` wakes a stopped process.
A terminal breaks lines anew when its width changes; with --clip it cuts them off. With --slow it takes a few bytes at a time.
Answers one JSON object:
`status` (as a shell says it), `lines` (logical lines of the screen and what was scrolled off it, blank ends removed),
`frames` (what stood there each time the cursor moved up), `unknown` (controls that no program here should send).
"""
import codecs
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import unicodedata


class Row:
    def __init__(self):
        self.cells = []
        self.wraps = False

    def text(self):
        return "".join(self.cells).rstrip()


class Screen:
    """As much of a terminal as a progress bar needs."""

    SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")

    def __init__(self, columns, lines, clips):
        self.columns, self.lines, self.clips = columns, lines, clips
        self.rows, self.top, self.row, self.column = [Row()], 0, 0, 0
        self.frames, self.unknown, self.rest = [], [], ""

    def feed(self, text):
        text, self.rest = self.rest + text, ""
        position = 0
        while position < len(text):
            character = text[position]
            if character == "\x1b":
                match = self.SEQUENCE.match(text, position)
                if match:
                    self.control(match.group(1), match.group(2))
                    position = match.end()
                    continue
                if len(text) - position < 16:
                    self.rest = text[position:]
                    return
                self.unknown.append(repr(text[position:position + 16]))
            elif character == "\n":
                self.line_feed()
            elif character == "\r":
                self.column = 0
            elif unicodedata.category(character) in ("Cc", "Cf"):
                self.unknown.append(repr(character))
            else:
                self.put(character)
            position += 1

    def control(self, parameters, letter):
        if letter == "A" and parameters.isdigit():
            self.frames.append(self.logical(self.top))
            self.row = max(self.top, self.row - int(parameters))
        elif letter == "J" and parameters in ("", "0"):
            del self.rows[self.row + 1:]
            del self.rows[self.row].cells[self.column:]
            self.rows[self.row].wraps = False
        elif letter == "K" and parameters in ("", "0"):
            del self.rows[self.row].cells[self.column:]
        else:
            self.unknown.append("ESC [ %s %s" % (parameters, letter))

    def line_feed(self):
        self.row += 1
        while self.row >= len(self.rows):
            self.rows.append(Row())
        self.top = max(self.top, self.row - self.lines + 1)

    def put(self, character):
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self.column + width > self.columns:
            self.rows[self.row].wraps = True
            self.column = 0
            self.line_feed()
        cells = self.rows[self.row].cells
        cells.extend(" " * (self.column + width - len(cells)))
        cells[self.column:self.column + width] = [character] + [""] * (width - 1)
        self.column += width

    def resize(self, columns):
        self.columns = columns
        if self.clips:
            for row in self.rows:
                del row.cells[columns:]
            return
        broken = []
        for index, cells in enumerate(self.logical_cells()):
            pieces = [cells[start:start + columns] for start in range(0, len(cells), columns)] or [[]]
            for number, piece in enumerate(pieces):
                row = Row()
                row.cells, row.wraps = piece, number < len(pieces) - 1
                broken.append(row)
        # The bar leaves the cursor on a blank line below it, which stays one row.
        self.rows, self.row = broken, len(broken) - 1
        self.top = max(0, len(broken) - self.lines)

    def logical_cells(self, first=0):
        lines, current = [], []
        for row in self.rows[first:]:
            current = current + row.cells
            if not row.wraps:
                lines.append(current)
                current = []
        return lines + ([current] if current else [])

    def logical(self, first=0):
        return ["".join(cells).rstrip() for cells in self.logical_cells(first)]


def options(arguments):
    size, clips, pause, actions = (80, 24), False, 0, []
    while arguments and arguments[0] != "--":
        option = arguments.pop(0)
        if option == "--size":
            size = tuple(int(number) for number in arguments.pop(0).split("x"))
        elif option == "--clip":
            clips = True
        elif option == "--slow":
            pause = 0.001
        elif option == "--when":
            actions.append((arguments.pop(0), arguments.pop(0)))
        else:
            sys.exit("no such option: " + option)
    return size, clips, pause, actions, arguments[1:]


def set_size(descriptor, columns, lines):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def main():
    (columns, lines), clips, pause, actions, command = options(sys.argv[1:])
    child, terminal = pty.fork()
    if child == 0:
        set_size(0, columns, lines)
        os.execvp(command[0], command)
    screen, seen = Screen(columns, lines, clips), ""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def set_columns(columns):
        # Nothing that was written for the old width may come after the change.
        group = os.tcgetpgrp(terminal)
        os.killpg(group, signal.SIGSTOP)
        while select.select([terminal], [], [], 0.2)[0]:
            screen.feed(decoder.decode(os.read(terminal, 65536)))
        screen.resize(columns)
        set_size(terminal, columns, lines)
        os.killpg(group, signal.SIGCONT)

    while True:
        try:
            time.sleep(pause)
            data = os.read(terminal, 61 if pause else 65536)
        except OSError:
            break
        if not data:
            break
        text = decoder.decode(data)
        screen.feed(text)
        seen += text
        while actions and actions[0][0] in seen:
            name, _, value = actions.pop(0)[1].partition("=")
            seen = ""
            if name == "columns":
                set_columns(int(value))
            elif name == "continue":
                os.kill(int(value), signal.SIGCONT)
            elif name == "type":
                os.write(terminal, value.encode().decode("unicode_escape").encode())
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    shown = screen.logical()
    while shown and not shown[-1]:
        shown.pop()
    print(json.dumps({
        "status": status if status >= 0 else 128 - status, "lines": shown, "frames": screen.frames,
        "unknown": screen.unknown,
    }))


if __name__ == "__main__":
    main()

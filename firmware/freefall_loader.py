"""What main.py runs on power-up: starts the payload of one of two slots, and falls back to the other when it does not start.

This file lies outside the slots. What it needs of the board's files, by their places from the root:

    a/ b/          the slots; one is complete, and may be started, when its slot.json is there
    state/slot     the switch, "a" or "b"; after a fallback "a 3": to slot a, after 3 failed boots of the other
    state/boot     "7 a 1": boots ever, the slot of the last, and how many of that slot's in a row have not said they started
    state/stay     there: the next boot ends at the prompt
    state/crash    the newest error, as Python tells it

Every file is written under another name and renamed, which the file system does in one step: the power may go at any time.
"""

import os
import sys

MOST_FAILED = 3
# A payload that ends with an error so soon after it had started has failed as if it never had.
_EARLY_MS = 60000
# How long a console has for a Ctrl-C after a boot that failed, before the next payload is started; and after an error.
_WINDOW_MS = 3000
_PAUSE_MS = 1000
# As freefall_wire.reports numbers them; files at the root are no slot.
_SLOTS = {"a": 1, "b": 2}
_ROOT = "-"


def write_file(name, octets):
    """Write a file whole or, when the power goes, not at all; makes its folder. Raises OSError. Interrupts stop meanwhile."""
    try:
        os.mkdir(name[: name.rindex("/")])
    except OSError:
        pass  # it is there
    with open(name + ".new", "wb") as file:
        file.write(octets)
    os.rename(name + ".new", name)


def _exists(name):
    try:
        os.stat(name)
        return True
    except OSError:
        return False


class Loader:
    """One power-up. The payload, the chip's reset and time are passed in; `root` is "" on a board."""

    def __init__(self, root, start, reset, sleep_ms, ticks_ms, ticks_diff):
        """start(folder, count, slot, failed, watchdog_ms, started) runs the payload there: see freefall_board/boot.py."""
        self._root = root
        self._start = start
        self._reset = reset
        self._sleep_ms = sleep_ms
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._started_at = None

    def run(self):
        """Start the payload; returns at Ctrl-C, when it was asked to, and when there is none: the prompt is next."""
        if _exists(self._root + "/state/stay"):
            os.remove(self._root + "/state/stay")
            print("freefall: stays at the prompt, as it was told; a reset starts the payload.")
            return
        slot, fell_back = self._slot()
        if slot is None:
            print("freefall: no payload on this board; freefall deploy puts one there.")
            return
        count, last, failed = self._record()
        if last != slot:
            failed = 0
        other = "b" if slot == "a" else "a"
        if slot != _ROOT and failed >= MOST_FAILED and self._complete(other):
            slot, fell_back, failed = other, failed, 0
            self._write("slot", "%s %d" % (slot, fell_back))
        self._boot(slot, count + 1, failed, fell_back)

    def _boot(self, slot, count, failed, fell_back):
        folder = self._root + ("/" if slot == _ROOT else "/" + slot)
        watchdog_ms = self._watchdog_ms(folder + "/slot.json")

        def record(failures):
            return "%d %s %d" % (count, slot, failures)

        # Until the payload says otherwise this boot counts as failed.
        self._write("boot", record(failed + 1))

        def started():
            self._write("boot", record(0))
            self._started_at = self._ticks_ms()

        try:
            if failed:
                print("freefall: %d failed boots in a row. Ctrl-C stops here; the payload starts in 3 s." % failed)
                self._sleep_ms(_WINDOW_MS)
            self._start(folder, count, _SLOTS.get(slot, 0), fell_back, watchdog_ms, started)
        except KeyboardInterrupt:
            # If it had not started yet, nobody knows whether it would have.
            self._stop(folder, watchdog_ms, record(failed) if self._started_at is None else None)
        except BaseException as error:  # whatever it is, the board must come back
            early = self._started_at is not None and 0 <= self._ticks_diff(self._ticks_ms(), self._started_at) < _EARLY_MS
            try:
                self._crash(error, record(failed + 1) if early else None)
            except KeyboardInterrupt:
                self._stop(folder, watchdog_ms)
                return
            except Exception:
                pass  # no memory to say it, perhaps
            self._reset()

    def _stop(self, folder, watchdog_ms, record=None):
        """To the prompt. record: of this boot, if it is another than that written."""
        if watchdog_ms is None:
            watchdog_ms = self._watchdog_ms(folder + "/plan.json")
        while True:
            try:
                if record:
                    self._write("boot", record)
                if watchdog_ms:
                    # Which cannot be stopped, and would reset the board under whoever works at its prompt.
                    self._write("stay", "")
                    self._reset()
                print("freefall: stopped; a reset starts the payload again.")
                return
            except KeyboardInterrupt:
                pass  # as people press it: more than once

    def _crash(self, error, record):
        if record:
            self._write("boot", record)
        text = _traceback(error)
        self._write("crash", text)
        print(text + "freefall: the payload failed. Ctrl-C stops here; the board restarts in 1 s.")
        self._sleep_ms(_PAUSE_MS)

    def _slot(self):
        """(letter of the slot to start, or None; failed boots of the other if it stands in for that)."""
        letter, _, fell_back = self._read("slot").partition(" ")
        if letter in _SLOTS and self._complete(letter):
            return letter, _number(fell_back)
        # No switch, or a damaged one: better a payload than none.
        for letter in _SLOTS:
            if self._complete(letter):
                return letter, 0
        return (_ROOT if _exists(self._root + "/plan.json") else None), 0

    def _complete(self, letter):
        return _exists("%s/%s/slot.json" % (self._root, letter))

    def _record(self):
        """(boots so far, the slot of the last, how many of it in a row failed)."""
        count, _, rest = self._read("boot").partition(" ")
        slot, _, failed = rest.partition(" ")
        return _number(count), slot, _number(failed)

    def _watchdog_ms(self, name):
        """What a slot.json, of the deploy's choice, or a plan.json says; 0 for none, None where neither says it."""
        try:
            from json import loads

            with open(name) as file:
                return int(loads(file.read())["watchdog_ms"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _read(self, name):
        try:
            with open(self._root + "/state/" + name) as file:
                return file.read()
        except (OSError, ValueError):
            return ""

    def _write(self, name, text):
        try:
            write_file(self._root + "/state/" + name, text.encode())
        except OSError as error:
            # A full or damaged file system must not keep the payload from running.
            print("freefall: cannot write state/%s: %s" % (name, error))


def _number(text):
    try:
        return int(text)
    except ValueError:
        return 0


def _traceback(error):
    from io import StringIO

    text = StringIO()
    if hasattr(sys, "print_exception"):
        sys.print_exception(error, text)  # pyright: ignore[reportArgumentType]: the stubs know no StringIO
    else:
        import traceback

        traceback.print_exception(error, file=text)
    return text.getvalue()  # pyright: ignore[reportAttributeAccessIssue]


def _start(folder, count, slot, failed, watchdog_ms, started):
    path = sys.path[:]
    os.chdir(folder)
    # Every module is a file of the payload; to look elsewhere first takes time at each import.
    sys.path[:] = ("",) if slot else ("", "/lib")
    try:
        from freefall_board.app import main
        from freefall_board.boot import Boot

        main(Boot(count, slot, failed, watchdog_ms, started))
    finally:
        # The prompt may be next, and its user's own files lie elsewhere.
        os.chdir("/")
        sys.path[:] = path


def main():
    """Start the payload on the board this interpreter runs on."""
    import time

    from machine import reset

    Loader("", _start, reset, time.sleep_ms, time.ticks_ms, time.ticks_diff).run()

"""A MicroPython board at its prompt: code run, files read and written, resets."""

import ast
import errno
import stat
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple, Self

from ..errors import BoardError, DeviceError
from ..port.serial import open_pyserial
from .enquiry import INTERRUPT, PROMPT
from .transport import RemoteError, Transport, mpremote
from .wire import PortGone, Wire

REPL_BAUD = 115_200

# What is sent to get the raw prompt.
_RAW = b"\r\x01"
_RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n"
_FRIENDLY = b"\r\x02"
_SOFT_RESET = b"\x04"
_ENTRY_S = 10.0  # for all attempts; a payload stops within one, a loader after a failed boot waits 3 s for Ctrl-C
_ATTEMPT_S = 1.0
_BOOT_S = 3.0
_RETURN_S = 15.0  # a board that resets is back well before
_PAUSE_S = 0.1
# Octets of a file in one step: they come between two writes to the flash, of which boards without flow control need not know.
_STEP_LEN = 2048
# They travel as they are but for Ctrl-C, which must go on working. The room is taken before, so that nothing fails in between.
_ESCAPES = ((b"\x1b", b"\x1b["), (b"\x03", b"\x1bC"))
# Its names are its own: other code that runs here uses and deletes others.
_RECEIVER = f"""\
import sys
_wb=memoryview(bytearray({2 * _STEP_LEN}))
def _o(p):
 global _wf
 _wf=open(p,'wb')
def _w(n,last):
 sys.stdin.buffer.readinto(_wb[:n])
 _wf.write(bytes(_wb[:n]).replace({_ESCAPES[1][1]!r},{_ESCAPES[1][0]!r}).replace({_ESCAPES[0][1]!r},{_ESCAPES[0][0]!r}))
 if last:_wf.close()
"""
_HASH_LEN = 4096


class Entry(NamedTuple):
    """What is in a folder of the board; size in octets, 0 of a folder."""

    name: str
    is_folder: bool
    size: int


class Repl:
    """A board whose program has been stopped. A context manager that leaves it at its prompt and closes the port.

    Every method raises DeviceError when the board goes away, BoardError when it answers wrongly or not at all, RemoteError when
    it says that something failed. None of them prints.
    """

    def __init__(self, port, name: str, booting: bool = False):
        """port: as pyserial's, open; it is closed with this, also when it fails. name: what it is called in sentences.

        booting: it has just been reset so as to stay at its prompt, and is left alone until it does.
        """
        self.name = name
        self._wire = Wire(port, name)
        self._receives = False  # the interpreter has been told how to
        try:
            self._transport = Transport(self._wire)
            if booting:
                self._wire.read_within(_BOOT_S, PROMPT)
            self._enter()
        except BaseException:
            self._wire.close()
            raise

    @classmethod
    def open(cls, url: str, baud: int = REPL_BAUD, wait_s: float = 0.0, sleep: Callable[[float], object] = time.sleep) -> Self:
        """The board at a port. wait_s: how long a port that is not there, or is taken, is waited for.

        A board that goes away while its program is stopped is waited for, too: stopping one with a watchdog is a reset.
        """
        mpremote()  # if it is missing, no board need be stopped
        try:
            return cls(_opened(url, baud, wait_s, sleep), url)
        except PortGone:
            return cls(_opened(url, baud, max(wait_s, _RETURN_S), sleep), url, booting=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc) -> None:
        self.leave()

    def exec(self, code: str, patience_s: float | None = None) -> str:
        """What the code prints. patience_s: how long it may print nothing, 10 by default."""
        return self._run(code, "code on the board failed", patience_s)

    def eval(self, expression: str) -> object:
        """The value of an expression that prints as a literal."""
        text = self._run(f"print(repr({expression}))", f"{expression} failed")
        try:
            return ast.literal_eval(text.strip())
        except (ValueError, SyntaxError) as error:
            raise BoardError(f"{self.name} answers {text.strip()[:80]!r} for {expression}, which is no literal") from error

    def read(self, path: str) -> bytes:
        """The content of a file."""
        return bytes(self._transport.file_call("fs_readfile", path, _STEP_LEN))

    def write(self, path: str, octets: bytes, progress: Callable[[int], None] = lambda written: None) -> None:
        """Make or replace a file; its folder must be there. progress(octets written so far).

        Cut off in the middle, the file is anything: write another name, then `rename`.
        """
        what = f"cannot write {path}"
        if not self._receives:
            self._run(_RECEIVER, what)
            self._receives = True
        self._run(f"_o({path!r})" if octets else f"open({path!r},'wb').close()", what)
        for at in range(0, len(octets), _STEP_LEN):
            step = octets[at : at + _STEP_LEN]
            escaped = _escaped(step)
            self._transport.exec(f"_w({len(escaped)},{at + len(step) == len(octets)})", what, escaped)
            progress(at + len(step))

    def sha256_of(self, paths: Iterable[str]) -> dict[str, str | None]:
        """The sums of files in hex, asked for at once; None where there is no such file."""
        code = (
            "import hashlib, binascii\n"
            f"_b=memoryview(bytearray({_HASH_LEN}))\n"
            "def _h(p):\n"
            " try:f=open(p,'rb')\n"
            " except OSError:return print(None)\n"
            " h=hashlib.sha256()\n"
            " while 1:\n"
            "  n=f.readinto(_b)\n"
            "  if not n:break\n"
            "  h.update(_b[:n])\n"
            " f.close()\n"
            " print(binascii.hexlify(h.digest()).decode())\n"
        )
        paths = tuple(paths)
        text = self._run(code + "".join(f"_h({path!r})\n" for path in paths) + "del _b,_h\n", "cannot read the files' sums")
        sums = [None if line == "None" else line for line in text.split()]
        if len(sums) != len(paths):
            raise BoardError(f"{self.name} gives {len(sums)} sums for {len(paths)} files; repeat the command")
        return dict(zip(paths, sums, strict=True))

    def tree(self, path: str = "/") -> dict[str, int]:
        """Every file in a folder and those below it: its path -> octets. Empty where there is no such folder."""
        code = (
            "import os\n"
            "def _t(p):\n"
            " try:d=list(os.ilistdir(p or '/'))\n"
            " except OSError:return\n"
            " for e in d:\n"
            "  q=p+'/'+e[0]\n"
            "  if e[1]&0x4000:_t(q)\n"
            "  else:print((q,e[3]))\n"
            f"_t({path.rstrip('/')!r})\ndel _t\n"
        )
        return dict(map(ast.literal_eval, self._run(code, f"cannot list {path}").splitlines()))

    def stat(self, path: str) -> Entry | None:
        """A file or folder; None where there is neither."""
        try:
            found = self._transport.file_call("fs_stat", path)
        except RemoteError as error:
            if error.errno != errno.ENOENT:
                raise
            return None
        folder = bool(stat.S_ISDIR(found.st_mode))
        return Entry(path.rsplit("/", 1)[-1], folder, 0 if folder else found.st_size)

    def mkdir(self, path: str) -> None:
        """Make a folder and those above it; one that is there is left as it is."""
        parts = path.strip("/").split("/")
        folders = ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]
        code = f"import os\nfor _p in {folders!r}:\n try:os.mkdir(_p)\n except OSError as e:\n  if e.errno!=17:raise\n"
        self._run(code, f"cannot make {path}")

    def remove(self, path: str) -> None:
        """Delete a file or an empty folder."""
        self._run(f"import os\nos.remove({path!r})", f"cannot remove {path}")

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, that of another file too: at any moment there is the old one or the new one."""
        self._run(f"import os\nos.rename({old!r},{new!r})", f"cannot rename {old}")

    def soft_reset(self) -> None:
        """Start the interpreter afresh, its heap empty; main.py is not run."""
        self._wire.read_until(b">")
        self._wire.write(_SOFT_RESET)
        self._receives = False
        self._wire.read_until(b"soft reboot\r\n")
        self._wire.read_until(_RAW_PROMPT)

    def hard_reset(self) -> None:
        """Reset the board, which runs main.py then, and close the port; on USB it goes away and comes back."""
        try:
            self._run("import machine\nmachine.reset()", "cannot reset the board", patience_s=1.0)
        except (DeviceError, BoardError) as error:
            if isinstance(error, RemoteError):
                raise
        finally:
            self._wire.close()

    def leave(self) -> None:
        """Leave the board at its prompt and close the port; nothing is raised, whatever became of the board."""
        with suppress(DeviceError, BoardError):
            self._wire.write(_FRIENDLY)
        self._wire.close()

    def _enter(self) -> None:
        """Stop what runs and have the raw prompt, its last octet unread."""
        wire = self._wire
        heard = b""
        end_s = wire.now_s() + _ENTRY_S
        while wire.now_s() < end_s:
            wire.write(INTERRUPT)
            heard += wire.read_within(_ATTEMPT_S, PROMPT)
            wire.write(_RAW)
            answer = wire.read_within(_ATTEMPT_S, _RAW_PROMPT)
            if answer.endswith(_RAW_PROMPT):
                return
            heard += answer
        if not heard:
            raise BoardError(
                f"{self.name} does not answer: there is no MicroPython at its other end, or it hangs. Unplug the board and plug "
                "it in again; a new one needs freefall flash first"
            )
        raise BoardError(
            f"{self.name} gives no MicroPython prompt, although something talks there ({len(heard)} octets, the last "
            f"{heard[-20:]!r}): its program does not stop at Ctrl-C, or it is another device. Reset the board and repeat the "
            "command at once"
        )

    def _run(self, code: str, what: str, patience_s: float | None = None) -> str:
        """What the code prints."""
        with self._wire.patience(patience_s):
            return self._transport.exec(code, what).decode(errors="replace").replace("\r\n", "\n")


def _escaped(octets: bytes) -> bytes:
    for plain, escaped in _ESCAPES:
        octets = octets.replace(plain, escaped)
    return octets


def _opened(url: str, baud: int, wait_s: float, sleep: Callable[[float], object]):
    """The port, open, as soon as it can be had."""
    attempts = round(wait_s / _PAUSE_S)
    while True:
        try:
            return open_pyserial(url, baud)
        except ValueError as error:
            raise DeviceError(f"{error}; a board's prompt is at /dev/ttyACM0, COM5, id:SERIAL or the like") from error
        except DeviceError:
            if attempts <= 0:
                raise
        attempts -= 1
        sleep(_PAUSE_S)

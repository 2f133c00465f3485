"""mpremote on a wire of ours: the one place that knows it.

mpremote says that its Python interface will change, so each minor version is tried before the "board" extra allows it. What it
leaves to be wished is put right here: it cannot tell a timeout from an answer, waits ten seconds or for ever, and prints.
"""

import errno

from ..errors import BoardError, MissingExtra
from .wire import Wire


class RemoteError(BoardError):
    """Code failed on the board; `.traceback` is what the board says, `.reason` its last line."""

    def __init__(self, what: str, traceback: str):
        self.traceback = traceback.strip()
        self.reason = self.traceback.splitlines()[-1] if self.traceback else "no reason"
        name = errno.errorcode.get(self.errno or 0)
        named = f" ({name})" if name and name not in self.reason else ""
        super().__init__(f"{what}: the board says {self.reason}{named}")

    @property
    def errno(self) -> int | None:
        """The number of an OSError of the board's; None for another error."""
        digits = "".join(c if c.isdigit() else " " for c in self.reason).split()
        return int(digits[0]) if digits and self.reason.startswith("OSError") else None


class Transport:
    """What runs code at a raw prompt whose last octet has not been read yet. Raises as `Wire` does, and RemoteError."""

    def __init__(self, wire: Wire):
        self._wire = wire
        self._mpremote = _on(wire)

    def exec(self, code: str, what: str, octets: bytes = b"") -> bytes:
        """What the code prints; octets: what it reads from its standard input. what: the beginning of a failure's sentence."""
        return self._call(what, self._exec, code, octets)

    def file_call(self, name: str, path: str, *arguments):
        """The result of a method of mpremote's on a file or folder; an OSError of the board's is a RemoteError."""
        what = f"cannot read {path}"
        try:
            return self._call(what, getattr(self._mpremote, name), path, *arguments)
        except OSError as error:
            raise RemoteError(what, f"OSError: {error.errno}") from error

    def _exec(self, code: str, octets: bytes) -> bytes:
        self._mpremote.exec_raw_no_follow(code)
        self._wire.write(octets)
        printed, error = self._mpremote.follow(timeout=None)
        if error:
            raise _errors().TransportExecError(printed, error.decode(errors="replace"))
        return printed

    def _call(self, what: str, call, *arguments):
        errors = _errors()
        try:
            return call(*arguments)
        except errors.TransportExecError as error:
            raise RemoteError(what, error.error_output) from error
        except (errors.TransportError, ValueError, SyntaxError) as error:
            raise BoardError(f"{what}: {self._wire.name} broke off its answer ({error}); repeat the command") from error


def mpremote():
    """mpremote's transport; raises MissingExtra. Imported when it is needed: most of Freefall works without."""
    try:
        from mpremote.transport_serial import SerialTransport
    except ImportError:
        raise MissingExtra("talking to a board", "board") from None
    return SerialTransport


def _errors():
    from mpremote import transport

    return transport


def _on(wire: Wire):
    """mpremote's transport on a wire: its constructor, which opens a port, and its waiting, which ends in silence, are ours."""

    class OnWire(mpremote()):
        def __init__(self):
            self.serial = wire
            self.device_name = wire.name
            self.in_raw_repl = True
            self.use_raw_paste = True
            self.mounted = False
            self.is_pty = False

        def read_until(self, min_num_bytes, ending, timeout=None, data_consumer=None, timeout_overall=None):
            octets = wire.read_until(ending)
            if data_consumer:
                data_consumer(octets)
            return octets

    return OnWire()

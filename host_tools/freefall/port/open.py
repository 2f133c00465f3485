"""The one place that knows every kind of port URL."""

from .options import scheme_of
from .port import Port
from .serial import DEFAULT_BAUD, SerialPort, looks_like_port


def is_port_url(text: str) -> bool:
    """Whether a SRC on the command line means a port rather than a file."""
    return scheme_of(text) in ("replay", "sim") or looks_like_port(text)


def open_port(url: str, baud: int = DEFAULT_BAUD) -> Port:
    """The port that a URL names, open.

    replay:FILE[?speed=2x&loop=3&...]  a recording, played; see replayed.py
    sim://DEF[?seed=1&duration=10&...] a virtual board in real time; see simulated.py
    /dev/ttyACM0, COM5, socket://...   a wire, and whatever else pyserial opens, at `baud`
    id:E6605838...                     the wire of the board with that USB serial number, or its beginning or end

    Raises ValueError for what no port can be called, DeviceError, and for replay: and sim: what reading their file raises.
    """
    # Imported where they are needed: neither a recording's reader nor a board is for every program.
    match scheme_of(url):
        case "replay":
            from .replayed import open_replay

            return open_replay(url)
        case "sim":
            from .simulated import open_simulated

            return open_simulated(url)
        case _:
            return SerialPort(url, baud)

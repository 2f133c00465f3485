"""A payload is waited for at its console through the restart, and not taken for started when it restarts by itself."""

import pytest

from freefall.device import first_frame
from freefall.errors import BoardError, DeviceError
from unit.decode import packets
from unit.device.fake_payload import URL, definition_of

DEFINITION = definition_of()
PLATFORM = (900).to_bytes(2, "big") + (1400).to_bytes(2, "big") + (100_000).to_bytes(4, "big") + b"micropython 1.26.1 rp2"
ANSWER = b"\0" + packets.parameter(DEFINITION, 768, PLATFORM) + packets.board(DEFINITION)


class Console:
    """Where a board comes and goes. openings: for each, what it gives before it goes away; None: it is not there."""

    def __init__(self, *openings):
        self.now_s = 0.0
        self._openings = iter(openings)

    def open(self):
        self.now_s += 0.1
        octets = next(self._openings, None)
        if octets is None:
            raise DeviceError(f"cannot open {URL}: No such file or directory")
        return Opening(octets)

    def awaited(self):
        """What is awaited there, in its time."""
        return first_frame.await_payload(self.open, DEFINITION, now_s=lambda: self.now_s)


class Opening:
    """One of its openings."""

    url = URL
    definition = definition_problem = None

    def __init__(self, octets):
        self._octets = octets

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def send(self, octets):
        pass

    def chunks(self):
        yield 0, self._octets
        raise DeviceError(f"{URL} went away: device disconnected")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(first_frame.time, "sleep", lambda duration_s: None)


def test_port_that_is_not_back_yet_is_waited_for():
    report = Console(None, None, None, ANSWER).awaited()
    assert (report.begun_ms, report.sampling_ms, report.free_heap, report.text) == (900, 1400, 100_000, "micropython 1.26.1 rp2")


def test_port_that_does_not_come_back_is_a_device_error_after_20_s():
    console = Console()
    with pytest.raises(DeviceError, match="^cannot open /dev/ttyFAKE: No such file"):
        console.awaited()
    assert console.now_s == pytest.approx(20, abs=0.2)


def test_port_of_before_the_reset_that_was_opened_once_more_is_forgiven():
    assert Console(b"", None, ANSWER).awaited().begun_ms == 900


def test_board_that_restarts_again_and_again_has_failed_whatever_answers_then():
    with pytest.raises(BoardError, match="^the board restarts again and again, and no payload answers in between"):
        Console(b"", None, b"", None, ANSWER).awaited()

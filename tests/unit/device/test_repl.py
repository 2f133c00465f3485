"""A board at its prompt that misbehaves: each way is one sentence. What a good one does is in tests/emulated/test_repl.py."""

import sys

import pytest

from freefall.device.repl import Repl
from freefall.device.transport import RemoteError
from freefall.errors import BoardError, DeviceError, MissingExtra
from unit.device.scripted import RAW_PROMPT, ScriptedPort

INTERRUPT, RAW = b"\0\x03", b"\r\x01"


def at_the_prompt(answers: dict[bytes, bytes | None]):
    """A script: what brings the raw prompt, then answers by what is written; anything else gets nothing."""
    return lambda octets: {INTERRUPT: b"\r\n>>> ", RAW: RAW_PROMPT, b"\x05A\x01": b"R\x00", **answers}.get(octets, b"")


def raw_code(answer: bytes | None) -> dict[bytes, bytes | None]:
    """A board without raw paste that answers so when code has been sent."""
    return {b"\x04": answer}


def test_silent_port_is_said_to_have_no_micropython_after_ten_seconds():
    port = ScriptedPort(lambda octets: b"")
    with pytest.raises(BoardError, match=r"^PORT does not answer: .*freefall flash first$"):
        Repl(port, "PORT")
    assert 10 <= port.monotonic() < 13
    assert port.closed


def test_talk_that_never_stops_is_no_prompt_and_ends():
    port = ScriptedPort(lambda octets: b"", talk=b"telemetry ")
    with pytest.raises(BoardError, match=r"^PORT gives no MicroPython prompt, although .* octets, the last b'.*Reset the board"):
        Repl(port, "PORT")
    assert 10 <= port.monotonic() < 13


def test_board_that_takes_no_octets_is_told_apart():
    with pytest.raises(BoardError, match="^PORT takes no octets for 5 s; unplug"):
        Repl(ScriptedPort(lambda octets: b"", takes=False), "PORT")


def test_payload_that_needs_a_second_interrupt_gets_one():
    interrupts = iter((b"frames", b"\r\nKeyboardInterrupt\r\n>>> "))
    state = []

    def answer(octets: bytes) -> bytes:
        if octets == INTERRUPT:
            state.append(next(interrupts))
            return state[-1]
        return RAW_PROMPT if octets == RAW and len(state) == 2 else b""

    Repl(ScriptedPort(answer), "PORT").leave()
    assert len(state) == 2


def test_board_that_goes_away_in_the_middle_is_a_device_error_and_leaving_raises_nothing():
    port = ScriptedPort(at_the_prompt(raw_code(None)))
    with pytest.raises(DeviceError, match="^PORT went away: Input/output error. Plug the board in"), Repl(port, "PORT") as repl:
        repl.exec("1")
    assert port.closed


def test_answer_that_stops_half_way_is_waited_for_only_so_long():
    port = ScriptedPort(at_the_prompt(raw_code(b"OKhalf an ans")))
    repl = Repl(port, "PORT")
    begin = port.monotonic()
    with pytest.raises(BoardError, match="^PORT has not answered for 3 s; reset the board"):
        repl.exec("1", patience_s=3)
    assert 3 <= port.monotonic() - begin < 4


def test_answer_that_is_none_of_micropythons_is_said_to_be_broken():
    repl = Repl(ScriptedPort(at_the_prompt(raw_code(b"NO"))), "PORT")
    with pytest.raises(BoardError, match="^cannot remove /x: PORT broke off its answer"):
        repl.remove("/x")


@pytest.mark.parametrize(
    ("traceback", "sentence", "number"),
    [
        ("Traceback:\r\n  File x\r\nOSError: [Errno 28] ENOSPC", "the board says OSError: [Errno 28] ENOSPC", 28),
        ("OSError: 28", "the board says OSError: 28 (ENOSPC)", 28),
        ("OSError: -110", "the board says OSError: -110 (ETIMEDOUT)", 110),
        ("MemoryError: memory allocation failed, allocating 9 bytes", "the board says MemoryError: memory allocation", None),
        ("", "the board says no reason", None),
    ],
)
def test_traceback_is_told_by_its_last_line_with_the_errors_name(traceback, sentence, number):
    repl = Repl(ScriptedPort(at_the_prompt(raw_code(b"OK\x04" + traceback.encode() + b"\x04>"))), "PORT")
    if not traceback:
        error = RemoteError("cannot rename /x", traceback)
    else:
        with pytest.raises(RemoteError) as raised:
            repl.rename("/x", "/y")
        error = raised.value
    assert str(error).startswith(f"cannot rename /x: {sentence}")
    assert error.errno == number


def test_missing_mpremote_is_the_board_extra_and_no_board_is_touched(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpremote.transport_serial", None)
    with pytest.raises(MissingExtra, match=r'needs the "board" extra: pip install "freefall\[board\]"'):
        Repl.open("/dev/there-is-none")


def test_port_that_is_not_there_is_tried_for_as_long_as_said():
    pauses = []
    with pytest.raises(DeviceError, match="^cannot open /dev/there-is-none: No such file or directory"):
        Repl.open("/dev/there-is-none", wait_s=2, sleep=pauses.append)
    assert sum(pauses) == pytest.approx(2)

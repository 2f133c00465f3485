"""Who is at a port is found out in any state it may be in, and a payload is never stopped for it."""

import json

import pytest

from freefall.device.identity import Identity, identify
from oracle import codec
from unit.device.scripted import RAW_PROMPT, ScriptedPort

ENQUIRY, INTERRUPT, RAW, LEAVE_RAW = b"\0\x05\x05", b"\0\x03", b"\r\x01", b"\x02"
AT = {"apid": 64, "sequence_count": 0, "counter": 0, "time": codec.encode_time(1, 0)}
VERSION = {"version_major": 1, "version_minor": 2, "version_patch": 3, "wire_format": 1}
BOARD = {"sid": 1, "reset_cause": 1, "streams": 1, "boot_count": 7, **VERSION, "definition_id": 0x00C0FFEE, "longest_pass_us": 0}
BOARD |= {"most_waiting": 0, "queue_size": 4096, "service_built": 1, "service_dropped": 0}
BOOT = {"boot_count": 7, **VERSION, "definition_id": 0x00C0FFEE, "reset_cause": 1, "slot": 2, "failed_boots": 0}


def framed(packet: bytes) -> bytes:
    return b"\0" + codec.encode_frame(packet) + b"\0"


NAME = framed(codec.parameter(769, b"vibration", **AT))
PLATFORM_VALUES = {"begun_ms": 300, "sampling_ms": 400, "free_heap": 90_000}
PLATFORM = framed(codec.parameter(768, codec.platform(PLATFORM_VALUES, "micropython 1.26.1 rp2"), **AT))
HOUSEKEEPING = framed(codec.housekeeping(BOARD, **AT))
BOOTED = framed(codec.event(1, BOOT, **AT))
KNOWN = Identity("payload", "rp2", "1.26.1", "vibration", "00c0ffee", "1.2.3")


def asked(answers: dict[bytes, bytes], talk: bytes = b"", bauds=(921_600,)) -> tuple[Identity, ScriptedPort]:
    """Who answers so, and the port afterwards; whatever is written that is no question fails."""

    def answer(octets: bytes) -> bytes:
        return {ENQUIRY: b"", LEAVE_RAW: b"", **answers}[octets]

    port = ScriptedPort(answer, talk)
    found = identify(port, "PORT", bauds)
    assert port.closed
    return found, port


def test_payload_answers_the_enquiry_and_is_asked_nothing_else():
    found, port = asked({ENQUIRY: NAME + PLATFORM + HOUSEKEEPING})
    assert found == KNOWN
    assert port.written == ENQUIRY
    assert port.monotonic() < 2


def test_payload_that_is_heard_is_not_listened_to_longer_and_its_boot_event_tells_the_slot():
    found, port = asked({ENQUIRY: NAME + PLATFORM + HOUSEKEEPING}, talk=BOOTED)
    assert found == Identity("payload", "rp2", "1.26.1", "vibration", "00c0ffee", "1.2.3", "b")
    assert port.monotonic() < 1


def test_payload_on_a_line_one_way_is_known_by_its_housekeeping_alone():
    found, _ = asked({}, talk=HOUSEKEEPING)
    assert found == Identity("payload", definition_id="00c0ffee", firmware="1.2.3")


def test_payload_that_answers_amid_damage_is_heard_out():
    found, _ = asked({ENQUIRY: NAME + b"\xff damaged \0" + PLATFORM + HOUSEKEEPING})
    assert found == KNOWN


def test_damaged_frames_are_no_payload():
    found, _ = asked({ENQUIRY: NAME[:-4] + b"\0"})
    assert found.state == "unknown"


def at_a_prompt(printed: bytes):
    """Answers of a MicroPython at its prompt without raw paste; the code it is given prints so."""

    def answer(octets: bytes) -> bytes:
        known = {INTERRUPT: b"\r\n>>> ", RAW: RAW_PROMPT, b"\x05A\x01": b"R\x00", b"\r\x02": b"", LEAVE_RAW: b""}
        known[ENQUIRY] = b"\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== \x05"
        known[b"\x04"] = b"OK" + printed + b"\x04\x04>"
        return known.get(octets, b"")

    return answer


def prompt(*told) -> Identity:
    return identify(ScriptedPort(at_a_prompt(json.dumps(told).encode() + b"\r\n")), "PORT")


MARK = json.dumps({"payload": "vibration", "definition_id": "00c0ffee", "firmware": "1.2.3", "watchdog_ms": 0})
PICO = ("Raspberry Pi Pico with RP2040", "1.26.1", "e6605838830f2a01")


def test_prompt_says_what_it_is_and_which_payload_a_reset_would_start():
    assert prompt(*PICO, "a", MARK) == Identity(
        "prompt", "RP2040", "1.26.1", "vibration", "00c0ffee", "1.2.3", "a", "E6605838830F2A01"
    )


@pytest.mark.parametrize("mark", ["", MARK[:30], "[]", "{}", "null"])
def test_prompt_without_a_whole_slot_has_no_payload(mark):
    assert prompt(*PICO, "", mark) == Identity("prompt", "RP2040", "1.26.1", serial="E6605838830F2A01")


def test_prompt_that_answers_nonsense_is_said_to():
    found = identify(ScriptedPort(at_a_prompt(b"nonsense")), "PORT")
    assert (found.state, found.note[:27]) == ("unknown", "its prompt answers wrongly:")


def test_raw_prompt_that_was_left_is_found():
    answer = at_a_prompt(json.dumps([*PICO, "", ""]).encode())

    def raw(octets: bytes) -> bytes:
        if octets == ENQUIRY:
            return b""
        return b"\r\nMicroPython v1.26.1\r\n>>> " if octets == LEAVE_RAW else answer(octets)

    assert identify(ScriptedPort(raw), "PORT").micropython == "1.26.1"


def test_silent_port_is_given_three_seconds():
    found, port = asked({})
    assert found == Identity("silent", note="it does not answer: it runs a program of its own, or has none")
    assert port.monotonic() <= 3


def test_silent_adapter_is_asked_at_each_pace():
    bauds = []

    def answer(octets: bytes) -> bytes:
        if octets == ENQUIRY:
            bauds.append(port.baudrate)
        return b""

    port = ScriptedPort(answer)
    identify(port, "PORT", (921_600, 115_200))
    assert bauds == [921_600, 115_200]


def test_program_of_somebody_else_is_shown_by_what_it_says():
    found, _ = asked({}, talk=b"temperature 21.5\r\n")
    assert found.state == "unknown"
    assert "it is no payload of Freefall's: b'" in found.note and "temperature 21.5" in found.note


@pytest.mark.parametrize("question", [ENQUIRY, LEAVE_RAW])
def test_port_that_goes_away_meanwhile_is_unusable(question):
    found, _ = asked({question: None})
    assert found.state == "unusable"
    assert found.note.startswith("PORT went away: ")

"""Telecommands to a payload that answers, refuses, fails, restarts, is another, is none, or goes away."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.definition import parse_definition
from freefall.device.command import PATIENCE_S, Commands, Refused
from freefall.errors import BoardError, DeviceError, OtherPayload, WrongDefinition
from oracle import codec
from unit.decode import packets
from unit.definition.sample import SOUND
from unit.device.fake_payload import ABOVE, ADJUSTABLE, BELOW, INTERRUPT, FakePayload, FakeWire, definition_of

DEFINITION = definition_of()
RATE, ON = DEFINITION.settings
FAST, SLOW = 100_000, 10_000_000  # periods, of 10 and of 0.1 samples/s
WIRINGS = ("usb", "uart", "console")


@pytest.fixture
def payload():
    return FakePayload(DEFINITION)


def asked(payload, what, definition=DEFINITION, first=0):
    """What `what(commands)` gives, over a link of its own."""
    with payload.linked() as link:
        return what(Commands(link, definition, now_s=lambda: payload.now_s, first=first))


def get(commands):
    return commands.values()


def set_both(commands):
    return commands.set_values({RATE: FAST, ON: 0})


def says(sentence):
    return f"^{re.escape(sentence)}$"


def test_values_are_those_in_effect(payload):
    payload.values = [FAST, 0]
    assert asked(payload, get) == (FAST, 0)
    assert payload.told == [(20, 1, bytes(8))] and payload.enquiries == 1
    assert payload.opened == 0


@pytest.mark.parametrize("wiring", WIRINGS)
def test_several_settings_are_one_telecommand_and_are_in_effect_after_the_restart(payload, wiring):
    payload.wiring = wiring
    assert asked(payload, set_both) == (FAST, 0)
    sets = [data for service, subtype, data in payload.told if (service, subtype) == (20, 3)]
    assert sets == [bytes([2, 0, 0, 0]) + codec.setting(0, FAST) + codec.setting(1, 0)]
    assert payload.now_s < 2 * PATIENCE_S and payload.opened == 0


def test_sequence_counts_begin_where_they_are_told_to_and_wrap(payload):
    asked(payload, lambda commands: [commands.values() for _ in range(3)], first=5 * 16384 - 1)
    assert payload.sequences == [16383, 0, 1]


@pytest.mark.parametrize(
    ("period_us", "refusal", "asked_for"),
    [(20_000, (BELOW, FAST), "50"), (20_000_000, (ABOVE, SLOW), "0.05")],
)
def test_what_the_board_refuses_is_told_as_people_say_it(payload, period_us, refusal, asked_for):
    payload.refusal = refusal
    sentence = f"the board refuses temperature.rate_hz = {asked_for}: it takes 0.1 to 10 samples/s"
    with pytest.raises(Refused, match=says(sentence)) as caught:
        asked(payload, lambda commands: commands.set_values({RATE: period_us}))
    report = caught.value.verification
    assert (report.kind, report.code, report.number, report.value, report.limit) == (
        "refused",
        refusal[0],
        0,
        period_us,
        refusal[1],
    )
    assert caught.value.exit_code == 5 and payload.values == [1_000_000, 1]


def test_what_is_refused_for_its_form_is_told_with_the_reason(payload):
    with pytest.raises(Refused, match=says("the board refuses the telecommand: no such service or subtype")):
        asked(payload, lambda commands: commands.tell(99, 1))


def test_a_board_that_cannot_keep_them_says_so(payload):
    payload.keeps = False
    sentence = "the board could not keep the settings, its flash is full or damaged; those before are in effect"
    with pytest.raises(Refused, match=says(sentence)) as caught:
        asked(payload, set_both)
    assert caught.value.verification.kind == "failed"


# What comes in between, and what does not come -----------------------------------------------------------------


@given(noise=st.binary(max_size=300), wiring=st.sampled_from(WIRINGS))
def test_what_else_comes_changes_nothing(noise, wiring):
    payload = FakePayload(DEFINITION)
    payload.noise, payload.wiring = noise, wiring
    assert asked(payload, set_both) == (FAST, 0)


@pytest.mark.parametrize("kind", ["refused", "completed", "failed"])
def test_answers_to_another_program_are_not_taken_for_ours(payload, kind):
    payload.answers_another = kind
    assert asked(payload, set_both) == (FAST, 0)


@pytest.mark.parametrize("lost", ["accepted", "completed", "boot", "name", "board", "settings"])
@pytest.mark.parametrize("wiring", WIRINGS)
def test_a_set_does_without_any_one_report(payload, wiring, lost):
    payload.wiring = wiring

    def get_and_set(commands):
        commands.values()
        payload.lose_once = [lost]
        return commands.set_values({RATE: FAST})

    assert asked(payload, get_and_set) == (FAST, 1)
    assert payload.lose_once == [] or (wiring, lost) == ("console", "boot")


def test_a_report_of_settings_that_is_lost_is_asked_for_again(payload):
    payload.wiring, payload.lose_once = "console", ["settings"]
    assert asked(payload, get) == (1_000_000, 1)
    assert payload.told == [(20, 1, bytes(8))] * 2


def test_without_completion_or_answer_it_is_told_what_to_do(payload):
    payload.lost = {"completed"}
    with pytest.raises(BoardError, match="^the board has accepted the telecommand and reports no completion within 5 s"):
        asked(payload, get)
    payload.lost = {"settings"}
    with pytest.raises(BoardError, match="^the board was asked for its settings 3 times, and none of its reports came"):
        asked(payload, get)
    payload.lost, payload.swallows = set(), 1
    with pytest.raises(BoardError, match="is there and did not answer the telecommand within 5 s: .*; once more$"):
        asked(payload, get)


def test_a_board_that_takes_settings_and_does_not_restart_is_told(payload):
    payload.wiring = "uart"
    payload.restarts = False
    with pytest.raises(BoardError, match="^the board has kept the settings and not restarted within 20 s; reset it"):
        asked(payload, set_both)


def test_a_board_that_comes_back_with_the_old_values_is_told(payload):
    payload.forgets = True
    with pytest.raises(BoardError, match=r"told temperature.rate_hz = 10 and has restarted with 1; once more$"):
        asked(payload, set_both)


# Who is no payload of ours -------------------------------------------------------------------------------------


def test_a_board_of_another_definition_is_told_nothing(payload):
    other = definition_of("[housekeeping]\nperiod_ms = 900")
    for wiring in WIRINGS:
        payload.wiring = wiring
        payload.lose_once = ["board"]  # what it runs is known later than who it is
        with pytest.raises(WrongDefinition) as caught:
            asked(payload, set_both, other)
        assert caught.value.exit_code == 3
    assert payload.told == []


class Silent(FakePayload):
    """Something that only says `talk`, twice a second."""

    def __init__(self, talk=b""):
        super().__init__(DEFINITION)
        self.talk = talk
        self.got = b""

    def take(self, octets):
        self.got += octets

    def give(self):
        self._pass(0.5)
        return self.talk


SAMPLES = packets.samples(DEFINITION.stream("temperature"), 0, 1, 0)


@pytest.mark.parametrize(
    ("talk", "sentence"),
    [
        (b"", "nothing came from /dev/ttyFAKE within 5 s: no payload runs there, it has no power, or the wires are off"),
        (b"\xff\x80\0", r"/dev/ttyFAKE gives no telemetry, 30 octets in 5 s without a whole frame: check --baud, and"),
        (b"\0" + packets.board(DEFINITION), "sends telemetry to /dev/ttyFAKE and has answered no telecommand for 5 s: its link "
         "is wired one way, the board's rx pin is not connected; its USB console takes"),
        (b"\0" + SAMPLES, "its link is wired one way"),
    ],
    ids=["nothing", "noise", "telemetry only", "samples only"],
)  # fmt: skip
def test_silence_is_told_with_its_likely_cause(talk, sentence):
    silent = Silent(talk)
    with pytest.raises(BoardError, match=sentence):
        asked(silent, get)
    assert set(silent.got.split(b"\0")) == {b"", b"\5\5"}, "nothing but the question who is there was sent"
    assert 4 <= silent.got.count(b"\5\5") <= 6


def test_telemetry_over_usb_that_goes_one_way_has_another_cause():
    text = SOUND.replace('transport = "uart0"\nbaud = 921600', 'transport = "usb"') + ADJUSTABLE
    usb = parse_definition(text, "payload.toml")
    with pytest.raises(BoardError, match="no telecommand for 5 s: it is slow, which --wait allows for, or what is between"):
        asked(Silent(b"\0" + packets.board(usb)), get, usb)


def test_another_payload_is_told():
    foreign = Silent(b"\0" + packets.framed(codec.alive(apid=300, sequence_count=0, counter=0, time=packets.time(0))))
    with pytest.raises(OtherPayload, match="^nothing is of payload shaker: all .* frames have other APIDs"):
        asked(foreign, set_both)


def test_a_prompt_is_told_and_left_as_it_was():
    class Prompt(Silent):
        def take(self, octets):
            super().take(octets)
            if octets == b"\0\5\5":
                self.talk = b"\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== \x05"

    prompt = Prompt()
    with pytest.raises(BoardError, match="^at /dev/ttyFAKE is a board at its prompt, which runs no payload: a reset starts"):
        asked(prompt, set_both)
    assert prompt.got == b"\0\5\5" + INTERRUPT and prompt.now_s < 2


# A port that goes away -----------------------------------------------------------------------------------------


def test_a_port_that_is_not_there_is_told_at_once(payload):
    payload.unplug()
    with pytest.raises(DeviceError, match="No such file"):
        asked(payload, get)
    assert payload.now_s == 0


def test_a_port_that_goes_away_before_the_answer_is_told(payload, monkeypatch):
    for at, sentence in ((1, "did not come back within 5 s"), (2, "went away: ")):
        payload = FakePayload(DEFINITION)
        take, count = payload.take, iter(range(1, 9))

        def until(octets, payload=payload, take=take, count=count, at=at):
            if next(count) == at:
                payload.unplug()
            else:
                take(octets)

        payload.take = until
        with pytest.raises(DeviceError, match=sentence):
            asked(payload, get)
        assert payload.opened == 0


def test_a_board_that_does_not_come_back_from_its_restart_is_told(payload):
    payload.absence_s = None
    with pytest.raises(DeviceError, match="cannot open /dev/ttyFAKE: No such file.*; it did not come back within 20 s$"):
        asked(payload, set_both)


def test_a_port_with_an_end_of_its_own_is_told(payload, monkeypatch):
    monkeypatch.setattr(FakeWire, "chunks", lambda self: iter([(0, b"")]))
    with pytest.raises(DeviceError, match="has come to its end before an answer came"):
        asked(payload, get)

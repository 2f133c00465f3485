"""A rate set and a stream switched off in flight, on the virtual board: what the host makes of both, and of what is refused."""

import pytest

from freefall.board.virtual import VirtualBoard
from freefall.decode import BootEvent, NameReport, PlatformReport, SettingsReport, Summary, Verification
from freefall.definition import parse_definition
from freefall_wire import frame, telecommands

_MS = 1_000_000
SETTINGS = """
[stream.temperature.adjustable]
rate_hz = [0.5, 10.0]
on = true
"""


@pytest.fixture
def definition(vibration):
    return parse_definition((vibration / "payload.toml").read_text(encoding="utf-8") + SETTINGS, "payload.toml")


class Bench:
    """A board, and the summary of all it sent."""

    def __init__(self, definition):
        self.board = VirtualBoard(definition, seed=1)
        self.summary = Summary(definition)
        self.items = []
        self._apid = definition.apid

    def run(self, duration_ms):
        for _ in range(duration_ms // 10):
            self.items += self.summary.feed(self.board.advance(10 * _MS))
        return self

    def command(self, service, subtype, data=b""):
        self.board.send(frame.encode(telecommands.telecommand(self._apid, 0, service, subtype, data)) + b"\0")
        return self.run(500)

    def set(self, *values):
        return self.command(telecommands.PARAMETERS, telecommands.SET_VALUES, telecommands.set_values(values))

    def of(self, kind):
        return [item for item in self.items if isinstance(item, kind)]


def test_rate_that_is_set_is_what_the_next_boot_is_held_against(definition):
    bench = Bench(definition).run(1500)
    assert bench.summary.rates_hz[1] == 1.0
    bench.set((0, 100_000)).run(3000)
    assert [item.kind for item in bench.of(Verification)] == ["accepted", "completed"]
    assert [item.boot_count for item in bench.of(BootEvent)] == [1, 2]
    assert bench.of(SettingsReport)[-1].values == (100_000, 1)
    assert bench.summary.rates_hz[1] == 10.0
    jitter = bench.summary.statistics[1].jitter.triggers
    assert jitter.count >= 2 and jitter.max_ns < 1e6, "no interval of one boot is held against the rate of the other"
    assert bench.summary.decoder.ledger.lost == 0 and not bench.summary.decoder.ledger.reasons


def test_stream_that_is_switched_off_is_off_and_the_verdict_is_sound(definition):
    bench = Bench(definition).run(100)
    bench.set((1, 0)).run(25_000)
    assert bench.summary.off == ["temperature"] and bench.summary.rates_hz == (definition.streams[0].rate_hz, 0.0)
    assert bench.summary.verdict == "OK"
    bench.set((1, 1)).run(3000)
    assert bench.summary.off == [] and bench.summary.statistics[1].samples > 0
    assert bench.summary.verdict == "OK"


def test_refusal_is_told_by_the_names_of_the_definition(definition):
    bench = Bench(definition).run(100)
    bench.set((0, 50_000))
    (refused,) = bench.of(Verification)
    assert (refused.kind, refused.reason, refused.limit) == ("refused", "below the least", 100_000)
    (told,) = [event.text for event in bench.summary.happenings.events if event.kind == "refused"]
    assert told.endswith("refused: temperature.rate_hz takes 0.5 to 10 samples/s, not 20")


def test_who_is_there_is_answered_with_name_and_platform(definition):
    bench = Bench(definition).run(100).command(telecommands.FUNCTIONS, telecommands.PERFORM, telecommands.perform(3))
    assert [item.name for item in bench.of(NameReport)] == [definition.name]
    assert [item.text for item in bench.of(PlatformReport)] == ["cpython virtual"]

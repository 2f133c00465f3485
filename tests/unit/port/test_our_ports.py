"""replay: and sim: are ports like any other, with a definition and, where they have one, an end."""

import pytest

from freefall.board.virtual import VirtualBoard
from freefall.decode import Summary
from freefall.definition import load_definition
from freefall.errors import BoardError, DefinitionError, InputUnreadable
from freefall.port.faults import Faults
from freefall.port.open import open_port
from freefall.port.replayed import ReplayPort
from freefall.port.serial import SerialPort
from freefall.port.simulated import SimulatedPort
from freefall.port.timeline import Schedule
from freefall.recording import Recorder
from unit.port.fake_clock import FakeClock

S = 1_000_000_000
START = 1_790_000_000_000_000_000
BLOCKS = [(START, b"\0one\0tw"), (START + 2 * S, b"o\0"), (START + 3 * S, b"three\0rest")]


@pytest.fixture
def file(tmp_path, vibration):
    with Recorder(tmp_path / "a.mcap", load_definition(vibration), "test", start_ns=START) as recorder:
        for host_ns, octets in BLOCKS:
            recorder.write(octets, host_ns)
    return tmp_path / "a.mcap"


def test_a_recording_comes_as_it_was_read_when_it_was_read(file):
    clock = FakeClock()
    came = []
    with ReplayPort(file, clock=clock.clock()) as port:
        for _, octets in port.chunks():
            came.append((round((clock.now - 7e9) / 1e9, 2), octets))
    assert [piece for piece in came if piece[1]] == [(0.0, b"\0one\0tw"), (2.0, b"o\0"), (3.0, b"three\0rest")]
    assert sum(not octets for _, octets in came) == pytest.approx(30, abs=2)  # turns while nothing came


def test_a_recording_knows_its_definition_and_may_be_played_over_a_bad_line(file, vibration):
    with ReplayPort(file, Schedule(speed=None, loop=2), Faults(duplicate=1.0)) as port:
        assert port.definition.definition_id == load_definition(vibration).definition_id
        octets = b"".join(octets for _, octets in port.chunks())
    once = b"one\0one\0two\0two\0three\0three\0"
    assert octets == b"\0" + once + b"rest\0rest\0" + once + b"restrest"


def test_urls_open_what_they_name(file, vibration):
    with open_port(f"replay:{file}?speed=max&from=1&loop=2") as port:
        assert isinstance(port, ReplayPort) and port.url.startswith("replay:")
        assert b"".join(octets for _, octets in port.chunks()) == 2 * b"o\0three\0rest"
    with open_port(f"sim://{vibration}?seed=3&duration=1&speed=max") as port:
        assert isinstance(port, SimulatedPort)
    with open_port("loop://") as port:
        assert isinstance(port, SerialPort) and port.definition is None


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("replay:", ValueError, "names no recording"),
        ("replay:/no/such.mcap", InputUnreadable, "/no/such.mcap"),
        ("replay:{here}", InputUnreadable, "not a recording"),
        ("sim://", ValueError, "names no payload definition"),
        ("sim:///no/such", DefinitionError, "/no/such"),
        ("sim://{vibration}?seed=x", ValueError, 'seed: "x"'),
        ("sim://{vibration}?scenario=/no/such", InputUnreadable, "/no/such"),
    ],
)
def test_urls_of_nothing_say_so(url, error, said, vibration):
    with pytest.raises(error, match=said):
        open_port(url.format(here=__file__, vibration=vibration))


def test_a_recording_whose_definition_is_damaged_says_why_it_knows_none(file):
    octets = file.read_bytes()
    at = octets.index(b"odr_hz")
    file.write_bytes(octets[:at] + b"X" + octets[at + 1 :])
    with open_port(f"replay:{file}") as port:
        assert port.definition is None and "was altered" in port.definition_problem


def simulated(vibration, clock, **options):
    definition = load_definition(vibration)
    return SimulatedPort("sim://x", definition, VirtualBoard(definition, seed=1), clock=clock.clock(), **options)


@pytest.mark.parametrize("speed", [1, 2])
def test_a_simulated_board_keeps_the_time_of_the_wall_and_ends_with_a_closed_ledger(vibration, speed):
    clock = FakeClock(look_ns=20_000)
    begin, took = clock.now, []
    with simulated(vibration, clock, speed=speed, duration_ns=3 * S) as port:
        summary = Summary(port.definition)
        for _, octets in port.chunks():
            summary.feed(octets)
            took.append((clock.now - begin) / 1e9)
    assert summary.decoder.ledger.closed and summary.metrics()["lost"] == 0
    assert 3 / speed <= took[-1] < 4.2 / speed
    assert max(b - a for a, b in zip(took, took[1:], strict=False)) < 0.11


def test_a_simulated_board_sends_what_the_virtual_board_sends(vibration):
    with simulated(vibration, FakeClock(), speed=None, duration_ns=2 * S) as port:
        got = b"".join(octets for _, octets in port.chunks())
    sent = VirtualBoard(load_definition(vibration), seed=1).advance(5 * S)
    assert len(got) > 15_000 and sent.startswith(got)


def test_a_board_that_falls_silent_is_told(vibration):
    class Dead:
        now = 0

        def now_ns(self):
            return self.now

        def advance(self, duration_ns):
            self.now += duration_ns
            return b""

    with (
        SimulatedPort("sim://x", load_definition(vibration), Dead(), None) as port,
        pytest.raises(BoardError, match="nothing for 7"),
    ):
        assert all(not octets for _, octets in port.chunks())

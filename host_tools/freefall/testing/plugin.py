"""The pytest plugin: fixtures for a payload board, real or simulated. README.md beside this file is the guide.

Loaded by every run of pytest where Freefall is installed: it imports nothing but pytest until one of its fixtures is used.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..definition import Definition
    from .board import BenchBoard
    from .link import LiveLink
    from .ports import SharedPort
    from .stream import DecodedStream


def pytest_addoption(parser: pytest.Parser) -> None:
    """The board under test, and how to reach it."""
    group = parser.getgroup("freefall", "Freefall: a payload board under test")
    group.addoption(
        "--freefall-port",
        metavar="URL",
        help="port of the board: /dev/ttyACM0, socket://..., sim://DEF, replay:FILE; by default FREEFALL_PORT, "
        "else a virtual board of the definition, as fast as it runs",
    )
    group.addoption(
        "--freefall-def",
        metavar="DEF",
        help="payload definition, a payload.toml or its folder; by default the port's own, else FREEFALL_DEF",
    )
    group.addoption(
        "--freefall-baud", metavar="N", type=int, help="bits per second of a UART, where it is not freefall's default"
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    """What the command line asks to be tested, for the log of the bench."""
    asked = [f"{name} {value}" for name in ("port", "def") if (value := config.getoption(f"--freefall-{name}"))]
    return f"freefall: {', '.join(asked)}" if asked else None


@pytest.fixture
def freefall_def(pytestconfig: pytest.Config) -> str | Path | None:
    """DEF, the path of the payload definition; to be overridden in a conftest.py by tests that bring their own."""
    return pytestconfig.getoption("--freefall-def") or _environment_def(pytestconfig)


@pytest.fixture
def freefall_url(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> str:
    """The URL of the port: asked for, else a virtual board of freefall_def as fast as it runs."""
    if url := _asked_port(pytestconfig):
        return url
    definition = request.getfixturevalue("freefall_def")
    if definition is None:
        _refuse(
            "There is no board to test: name its port with --freefall-port=URL (or FREEFALL_PORT), or a payload definition for a "
            "virtual one with --freefall-def=DEF (or FREEFALL_DEF)",
            everywhere=True,
        )
    request.getfixturevalue("freefall_definition")  # says what is wrong with it, if something is
    return f"sim://{definition}?speed=max"


@pytest.fixture
def freefall_port(freefall_url: str, pytestconfig: pytest.Config) -> Iterator[SharedPort]:
    """The port, open, and closed after the test; chunks() gives (host ns, octets). A wire is read ahead from here on."""
    from ..port.serial import DEFAULT_BAUD
    from .ports import open_shared

    baud = pytestconfig.getoption("--freefall-baud")
    with ExitStack() as opened:
        with _refused(everywhere=freefall_url == _asked_port(pytestconfig)):
            port = opened.enter_context(open_shared(freefall_url, DEFAULT_BAUD if baud is None else baud))
        yield port


@pytest.fixture
def freefall_definition(
    request: pytest.FixtureRequest, freefall_def: str | Path | None, pytestconfig: pytest.Config
) -> Definition:
    """The payload definition: freefall_def's, else the port's own."""
    from ..definition import load_definition

    if freefall_def is not None:
        asked = pytestconfig.getoption("--freefall-def") or _environment_def(pytestconfig)
        with _refused(everywhere=freefall_def == asked):
            return load_definition(freefall_def)
    port = request.getfixturevalue("freefall_port")
    if port.definition is None:
        url = request.getfixturevalue("freefall_url")
        problem = port.definition_problem or f"{url} carries no payload definition"
        _refuse(
            f"{problem}; name the one the board runs with --freefall-def=DEF (or FREEFALL_DEF)",
            everywhere=url == _asked_port(pytestconfig),
        )
    return port.definition


@pytest.fixture
def freefall_link(freefall_port: SharedPort, freefall_definition: Definition) -> Iterator[LiveLink]:
    """The port's octets, decoded: wait(seconds) and wait(samples=n, stream=...), then items, ledger, summary, stream(name)."""
    from .link import LiveLink

    with LiveLink(freefall_port, freefall_definition) as link:
        yield link


@pytest.fixture
def freefall_streams(freefall_link: LiveLink) -> Callable[..., DecodedStream]:
    """freefall_streams("vibration", n=500) or (..., seconds=2): the next samples of a stream, with values, lost, rate_hz."""
    return freefall_link.take


@pytest.fixture
def freefall_faulty(freefall_port: SharedPort, freefall_definition: Definition) -> Iterator[Callable[..., LiveLink]]:
    """freefall_faulty(drop=0.01, flip=1e-5, duplicate=0, cut=0, seed=7): a link over a bad line; its port.counts say how bad."""
    from ..port.faults import Faults
    from .link import LiveLink
    from .ports import FaultyLink

    with ExitStack() as opened:
        # The port below is open, and is closed by its own fixture.
        yield lambda **faults: opened.enter_context(LiveLink(FaultyLink(freefall_port, Faults(**faults)), freefall_definition))


@pytest.fixture
def freefall_replay() -> Iterator[Callable[..., LiveLink]]:
    """freefall_replay(recording, definition=None): a link that plays it as fast as it is read; finish() reads all of it."""
    from .link import LiveLink
    from .ports import open_shared

    with ExitStack() as opened:

        def replay(recording: str | Path, definition: Definition | None = None) -> LiveLink:
            __tracebackhide__ = True
            with _refused():
                port = opened.enter_context(open_shared(f"replay:{recording}?speed=max"))
                return opened.enter_context(LiveLink(port, definition))

        yield replay


@pytest.fixture
def freefall_board(freefall_def: str | Path | None, freefall_definition: Definition) -> BenchBoard:
    """A virtual board in simulated time, whatever the port is: run(seconds) gives its octets, always the same ones."""
    from ..board.scenario import scenario_of
    from .board import BenchBoard

    return BenchBoard(freefall_definition, scenario=freefall_def and scenario_of(freefall_def, freefall_definition))


@pytest.fixture
def freefall_recording(tmp_path: Path, freefall_def: str | Path | None, freefall_definition: Definition) -> Callable[..., Path]:
    """freefall_recording(seconds=3, seed=0): the path of a recording of a virtual board, in tmp_path."""
    from ..board.scenario import scenario_of
    from .board import record_board

    def record(seconds: float = 3.0, seed: int = 0) -> Path:
        scenario = freefall_def and scenario_of(freefall_def, freefall_definition)
        number = len(list(tmp_path.glob(f"{freefall_definition.name}-*.mcap"))) + 1
        path = tmp_path / f"{freefall_definition.name}-{number}.mcap"
        return record_board(path, freefall_definition, seconds, seed, scenario)

    return record


def _asked_port(config: pytest.Config) -> str | None:
    return config.getoption("--freefall-port") or os.environ.get("FREEFALL_PORT") or None


def _environment_def(config: pytest.Config) -> str | None:
    """FREEFALL_DEF, unless the port that is asked for brings its own definition: as with every command of freefall."""
    from ..port.options import scheme_of

    if scheme_of(_asked_port(config) or "") in ("replay", "sim"):
        return None
    return os.environ.get("FREEFALL_DEF") or None


@contextmanager
def _refused(everywhere: bool = False) -> Iterator[None]:
    """What Freefall says of a port or a file is what is shown, without the way it took."""
    from ..errors import FreefallError

    __tracebackhide__ = True
    try:
        yield
    except (FreefallError, ValueError) as error:
        _refuse(str(error), everywhere)


def _refuse(sentence: str, everywhere: bool) -> NoReturn:
    """Fail the test with a sentence; everywhere: every other test would fail too, and the run ends, as for a wrong option."""
    __tracebackhide__ = True
    if everywhere:
        raise pytest.exit.Exception(sentence, returncode=pytest.ExitCode.USAGE_ERROR) from None
    raise pytest.fail.Exception(sentence, pytrace=False) from None

"""The pytest plugin, as a bench engineer has it: the guide's tests run, on every kind of port, and fail with a sentence."""

import contextlib
import inspect
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import freefall.port.replayed
import freefall.port.simulated  # noqa: F401
from freefall import testing
from freefall.board.virtual import VirtualBoard
from freefall.definition import load_definition
from freefall.testing import plugin, record_board

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent.parent
VIBRATION = ROOT / "payload_defs" / "vibration"
GUIDE = (ROOT / "host_tools" / "freefall" / "testing" / "README.md").read_text()
EXAMPLES = {text.splitlines()[0].removeprefix("# "): text for text in re.findall(r"^```python\n(.*?)^```", GUIDE, re.M | re.S)}
# Loaded here once; what a run loads is forgotten after it.
PUBLIC = [getattr(testing, name) for name in testing.__all__]
PACE = 4  # of a board that is served: its seconds in one of ours


@pytest.fixture(autouse=True)
def bench(pytester, monkeypatch):
    """An empty folder of a bench, with the payloads beside it; runs in this process, whose modules are loaded already."""
    for name in ("FREEFALL_PORT", "FREEFALL_DEF", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    (pytester.path / "payload_defs").symlink_to(ROOT / "payload_defs")
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers -p no:hypothesispytest")
    return pytester


def run(bench, *arguments, **tests):
    if tests:
        bench.makepyfile(**tests)
    return bench.runpytest_inprocess(*map(str, arguments))


def in_a_process(bench, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=bench.path, capture_output=True, text=True, timeout=60
    )  # fmt: skip


@pytest.fixture
def served():
    """served(definition, seconds): the URL of a board that sends in PACE times real time to everybody who connects."""
    ended = threading.Event()
    opened = []

    def serve(definition, seconds):
        server = socket.create_server(("127.0.0.1", 0))
        opened.append(server)

        def talk(connection):
            board, begin = VirtualBoard(definition), time.monotonic()
            with connection:
                while not ended.is_set() and board.now_ns() < seconds * 1e9:
                    connection.sendall(board.advance(20_000_000))
                    ended.wait(max(0.0, begin + board.now_ns() / 1e9 / PACE - time.monotonic()))
                ended.wait(10)

        def greet():
            while not ended.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=quietly, args=(talk, connection), daemon=True).start()

        threading.Thread(target=greet, daemon=True).start()
        return f"socket://127.0.0.1:{server.getsockname()[1]}"

    yield serve
    ended.set()
    for server in opened:
        server.close()


def quietly(talk, connection):
    """The tests hang up when they have seen enough."""
    with contextlib.suppress(OSError):
        talk(connection)


# The guide ------------------------------------------------------------------------------------------------------


def test_every_example_of_the_guide_passes_as_a_user_runs_it(bench):
    assert len(EXAMPLES) >= 5
    for name, text in EXAMPLES.items():
        (bench.path / name).write_text(text)
    (command,) = [line for line in GUIDE.splitlines() if line.startswith("pytest ") and "port" not in line]
    done = in_a_process(bench, *shlex.split(command, comments=True)[1:])
    tests = sum(len(re.findall(r"^def test_", text, re.M)) for text in EXAMPLES.values())
    assert f" {tests + 1} passed" in done.stdout, done.stdout  # one has two payloads
    assert "warning" not in done.stdout and done.returncode == 0
    assert "freefall: def payload_defs/vibration" in done.stdout


def test_same_test_passes_on_a_recording_as_the_guide_shows(bench, vibration, monkeypatch):
    (command,) = [line for line in GUIDE.splitlines() if line.startswith("pytest ") and "replay:" in line]
    (bench.path / "build").mkdir()
    record_board(bench.path / "build" / "run.mcap", load_definition(vibration), 8)
    bench.makepyfile(test_vibration=EXAMPLES["test_vibration.py"])
    run(bench, *shlex.split(command, comments=True)[1:]).assert_outcomes(passed=2)
    # It brings its own definition; what the environment says is of another board.
    monkeypatch.setenv("FREEFALL_DEF", str(ROOT / "payload_defs" / "radiation"))
    run(bench, "--freefall-port=replay:build/run.mcap?speed=max").assert_outcomes(passed=2)


def test_same_test_passes_on_a_board_behind_a_wire(bench, served, vibration):
    url = served(load_definition(vibration), 60)
    result = run(bench, f"--freefall-port={url}", f"--freefall-def={vibration}", test_vibration=EXAMPLES["test_vibration.py"])
    result.assert_outcomes(passed=2)
    assert f"freefall: port {url}, def {vibration}" in result.stdout.str()
    assert not [thread.name for thread in threading.enumerate() if thread.name == f"reading {url}"]


def test_table_of_fixtures_is_what_the_plugin_has():
    fixtures = {name: value for name, value in vars(plugin).items() if name.startswith("freefall_")}
    shown = re.search(r"<!-- fixtures -->\n.*?\n.*?\n(.*?)<!--", GUIDE, re.S)[1]
    assert shown == "".join(f"| `{name}` | {inspect.getdoc(value)} |\n" for name, value in fixtures.items())


def test_every_public_name_is_there_and_documented():
    assert set(testing.__all__) == set(testing._MODULES)
    assert all(inspect.getdoc(value) for value in PUBLIC)
    with pytest.raises(AttributeError, match="no attribute 'LiveLine'"):
        testing.LiveLine  # noqa: B018


# Failing --------------------------------------------------------------------------------------------------------


def test_bad_line_fails_the_test_with_what_is_missing(bench):
    result = run(bench, "--freefall-port=sim://payload_defs/vibration?speed=max&drop=5%&seed=2",
                 test_vibration=EXAMPLES["test_vibration.py"])  # fmt: skip
    result.assert_outcomes(failed=2)
    text = result.stdout.str()
    assert re.search(r"E +assert \d+ == 0", text)
    assert re.search(r"E +AssertionError: samples are missing:\nE +vibration: \d+ missing, \d+ arrived \(\d+ lost", text)
    assert "testing/asserts.py" not in text.replace(os.sep, "/")


def test_samples_that_do_not_come_fail_the_test_with_what_came(bench):
    result = run(bench, f"--freefall-def={VIBRATION}", test_slow="""
        def test_slow(freefall_streams):
            freefall_streams("temperature", n=5, timeout_s=2.1)
        """)  # fmt: skip
    result.assert_outcomes(failed=1)
    (shown,) = re.findall(r"<!-- failure -->\n```text\n(.*?)```", GUIDE, re.S)
    (said,) = re.findall(r"^E +\S*(NotInTime: .*)", result.stdout.str(), re.M)
    assert re.sub(r"sim://\S+", "sim://...", said) == shown.replace("\n", " ").strip()
    assert "goals.py" not in result.stdout.str() and "link.py" not in result.stdout.str()


def test_board_that_goes_away_fails_the_test_with_a_sentence(bench, vibration):
    server = socket.create_server(("127.0.0.1", 0))

    def talk():
        connection, _ = server.accept()
        with connection:
            connection.sendall(VirtualBoard(load_definition(vibration)).advance(300_000_000))
            time.sleep(0.3)

    thread = threading.Thread(target=talk)
    thread.start()
    url = f"socket://127.0.0.1:{server.getsockname()[1]}"
    result = run(bench, f"--freefall-port={url}", f"--freefall-def={vibration}", test_gone="""
        def test_gone(freefall_link):
            freefall_link.wait(seconds=5)
        """)  # fmt: skip
    thread.join()
    server.close()
    result.assert_outcomes(failed=1)
    errors = [line for line in result.stdout.lines if line.startswith("E ")]
    assert errors == [f"E       freefall.errors.DeviceError: {url} went away: the other end has closed"]
    assert "serial.py" not in result.stdout.str()


def test_foreign_definition_fails_the_test_with_both_ids(bench, vibration, foreign, ids):
    result = run(bench, f"--freefall-port=sim://{vibration}?speed=max", f"--freefall-def={foreign}", test_it="""
        def test_it(freefall_link):
            freefall_link.wait(seconds=3)
        """)  # fmt: skip
    result.assert_outcomes(failed=1)
    (error,) = [line for line in result.stdout.lines if line.startswith("E ")]
    assert ids[0] in error and ids[1] in error
    assert "intake.py" not in result.stdout.str()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "There is no board to test: name its port with --freefall-port=URL"),
        (("--freefall-port=socket://127.0.0.1:1", f"--freefall-def={VIBRATION}"), "Connection refused. Is the board there?"),
        (("--freefall-port=/dev/no-such-port", f"--freefall-def={VIBRATION}"), "No such file or directory. Is the board there?"),
        (("--freefall-port=gopher://x", f"--freefall-def={VIBRATION}"), "cannot open gopher://x"),
        ((f"--freefall-port=sim://{VIBRATION}?sped=2x",), 'unknown option "sped"; did you mean "speed"'),
        (("--freefall-port=replay:nothing.mcap",), "there is no file nothing.mcap"),
        (("--freefall-def=nowhere",), "nowhere:1:1: the payload definition cannot be read"),
    ],
)  # fmt: skip
def test_wrong_port_ends_the_run_with_one_sentence(bench, options, sentence):
    result = run(bench, *options, test_it="""
        import pytest

        @pytest.mark.parametrize("n", range(3))
        def test_it(freefall_link, n):
            raise SystemError
        """)  # fmt: skip
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stdout.str() + result.stderr.str()
    assert text.count(sentence) == 1
    assert "Traceback" not in text and "Error" not in text.replace("_pytest.outcomes.Exit", "") and "\nE " not in text


def test_port_that_does_not_tell_its_definition_asks_for_it(bench):
    result = run(bench, "--freefall-port=loop://", test_it="""
        def test_it(freefall_link):
            pass
        """)  # fmt: skip
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "loop:// carries no payload definition; name the one the board runs with --freefall-def=DEF" in result.stdout.str()


def test_wrong_port_of_one_test_fails_that_test_alone(bench):
    result = run(bench, f"--freefall-def={VIBRATION}", test_it="""
        import pytest

        @pytest.mark.parametrize("freefall_url", ["replay:nothing.mcap"])
        def test_replayed(freefall_link):
            pass

        @pytest.mark.parametrize("freefall_def", ["nowhere"])
        def test_defined(freefall_board):
            pass

        def test_not_there(freefall_replay):
            freefall_replay("nothing.mcap")

        def test_other(freefall_link):
            freefall_link.wait(samples=1)
        """)  # fmt: skip
    result.assert_outcomes(errors=2, failed=1, passed=1)
    assert result.stdout.str().count("\nthere is no file nothing.mcap\n") == 2
    assert "Error" not in result.stdout.str()


# Being there ----------------------------------------------------------------------------------------------------


def test_plugin_is_installed_by_its_entry_point():
    (point,) = entry_points(group="pytest11", name="freefall")
    assert point.load() is plugin


def test_plugin_brings_nothing_of_freefall_into_a_run_that_uses_none_of_it(bench):
    bench.makepyfile("""
        import sys

        def test_none_of_it():
            own = {name for name in sys.modules if name.partition(".")[0] in ("freefall", "freefall_wire")}
            assert own == {"freefall", "freefall.testing", "freefall.testing.plugin"}
            assert not {"numpy", "pydantic", "serial", "mcap"} & set(sys.modules)
        """)
    done = in_a_process(bench, "--trace-config", "-p", "no:hypothesispytest")
    assert " 1 passed" in done.stdout and "warnings in" not in done.stdout
    assert re.search(r"freefall-\S+ at .*plugin.py", done.stdout)
    assert not re.search(r"^freefall: ", done.stdout, re.M)


def test_run_without_the_plugin_has_no_option_of_it(bench):
    bench.makepyfile("def test_it(): pass")
    done = in_a_process(bench, "-p", "no:freefall")
    assert " 1 passed" in done.stdout
    assert "--freefall-port" not in in_a_process(bench, "-p", "no:freefall", "--help").stdout


def test_port_in_the_environment_stands_for_the_option(bench, monkeypatch):
    monkeypatch.setenv("FREEFALL_PORT", f"sim://{VIBRATION}?speed=max&seed=4")
    result = run(bench, test_it="""
        def test_it(freefall_link, freefall_url):
            assert freefall_link.port.url == freefall_url and freefall_url.endswith("seed=4")
            freefall_link.wait(samples=10, stream="vibration")

        def test_definition_alone(freefall_definition):
            assert freefall_definition.name == "vibration"
        """)  # fmt: skip
    result.assert_outcomes(passed=2)
    monkeypatch.delenv("FREEFALL_PORT")
    monkeypatch.setenv("FREEFALL_DEF", str(VIBRATION))
    run(bench, "-k", "alone").assert_outcomes(passed=1, deselected=1)


def test_raw_port_gives_frames(bench):
    result = run(bench, f"--freefall-def={VIBRATION}", test_it="""
        from freefall_wire.frame import FrameDecoder

        def test_it(freefall_port):
            frames = FrameDecoder()
            for _, octets in freefall_port.chunks():
                frames.feed(octets)
                if frames.accepted > 10:
                    break
        """)  # fmt: skip
    result.assert_outcomes(passed=1)


def test_scenario_beside_the_definition_is_what_the_sensors_feel(bench):
    result = run(bench, f"--freefall-def={ROOT}/payload_defs/plant_growth", test_it="""
        from freefall.decode import Decoder, rows
        from freefall.port.open import open_port

        def test_it(freefall_board, freefall_link, freefall_recording, freefall_replay):
            octets = freefall_board.run(seconds=3)
            sent = b""
            for _, piece in freefall_link.port.chunks():
                sent += piece
                if len(sent) >= len(octets):
                    break
            assert sent[:len(octets)] == octets
            link = freefall_replay(freefall_recording(seconds=3))
            replayed = b"".join(piece for _, piece in link.port.chunks())
            assert replayed[:len(octets)] == octets
        """)  # fmt: skip
    result.assert_outcomes(passed=1)

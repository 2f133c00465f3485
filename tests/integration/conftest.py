"""The command line, called as a user calls it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import partial

import pytest

from freefall.cli import main
from integration.processes import PATIENCE_S


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def freefall(monkeypatch, capsys):
    """freefall("check", path) -> Outcome; whatever main() does, it must end with an exit code."""

    def call(*arguments) -> Outcome:
        monkeypatch.setattr("sys.argv", ["freefall", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(ended.value.code or 0, captured.out, captured.err)

    return call


@pytest.fixture
def start_python():
    """start_python(*arguments, **options of Popen): Python as a process of its own, with pipes; killed when the test ends."""
    processes = []

    def begin(*arguments, **options):
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        # Its own session, in which Ctrl-C is not ignored even if these tests run in the background.
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm-256color"}, **pipes | options,
        )  # fmt: skip
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def start(start_python):
    """start("record", ...): freefall as such a process, whose pipes carry text."""
    return partial(start_python, "-m", "freefall", text=True)


@pytest.fixture
def serve():
    """serve(*turns, hold): the URL of a board that sends the first octets to who connects, the next to who comes then, ...

    It leaves when they are sent, unless it shall hold the line.
    """
    servers, ended = [], threading.Event()

    def begin(*turns, hold=False):
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def talk():
            with contextlib.suppress(OSError):
                for octets in turns:
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(octets)
                        if hold:
                            ended.wait(PATIENCE_S)

        threading.Thread(target=talk, daemon=True).start()
        return f"socket://127.0.0.1:{server.getsockname()[1]}"

    yield begin
    ended.set()
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def recording(tmp_path_factory, vibration):
    """A recording of three seconds of the demo's payload on the virtual board."""
    from freefall.board.simulated import run
    from freefall.board.virtual import VirtualBoard
    from freefall.decode import Decoder
    from freefall.definition import load_definition
    from freefall.recording import Recorder

    definition = load_definition(vibration)
    path = tmp_path_factory.mktemp("recording") / "vibration.mcap"
    decoder = Decoder(definition)
    start_ns = 1_800_000_000_000_000_000
    with Recorder(path, definition, "test", start_ns=start_ns) as recorder:

        def receive(octets, board_ns):
            recorder.write(octets, start_ns + board_ns)
            return decoder.feed(octets)

        run(VirtualBoard(definition, seed=5), definition, 3_000_000_000, receive)
    return path


@pytest.fixture(scope="session")
def raw_octets(recording):
    """What the board sent in the recording, as one byte string."""
    from freefall.recording import open_recording

    return b"".join(octets for _, octets in open_recording(recording).chunks())


@pytest.fixture
def foreign(vibration, tmp_path):
    """The folder of a definition that is not the one the board runs."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    text = (vibration / "payload.toml").read_text()
    (folder / "payload.toml").write_text(text.replace("odr_hz = 1000", "odr_hz = 500"))
    return folder


@pytest.fixture
def ids(vibration, foreign):
    """The ids of the definition the board runs and of the foreign one, as messages show them."""
    from freefall.definition import load_definition

    return [f"{load_definition(path).definition_id:08x}" for path in (vibration, foreign)]

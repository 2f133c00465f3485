"""The command line, called as a user calls it."""

from dataclasses import dataclass

import pytest

from freefall.cli import main


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

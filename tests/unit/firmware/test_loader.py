"""The loader on files of a computer: which slot it starts, when it falls back, and the power cut at every step it takes."""

import contextlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

import freefall_loader
from freefall_loader import MOST_FAILED, Loader


class PowerCut(BaseException):
    """The power goes before this operation."""


class Reset(BaseException):
    """The chip was reset."""


def _ticks_diff(later, earlier):
    return (later - earlier + 2**29) % 2**30 - 2**29  # as MicroPython


class Board:
    """A board's files below a folder, its console, and its time, which passes in sleeps and in payloads."""

    def __init__(self, folder, monkeypatch):
        self.root = str(folder)
        self.time_ms = 0
        self.starts = []  # what each boot was told: (folder, count, slot, failed, watchdog_ms)
        self.operations_left = None  # until the power goes
        self.payload = lambda started: started()  # a payload that starts, and returns at a reset
        self.interrupts_sleep = False
        for name in ("mkdir", "rename", "remove"):
            monkeypatch.setattr(freefall_loader.os, name, self._counted(getattr(os, name)))
        monkeypatch.setattr(freefall_loader, "open", self._counted(open), raising=False)

    def _counted(self, operation):
        def counted(*arguments):
            if self.operations_left is not None:
                if not self.operations_left:
                    raise PowerCut
                self.operations_left -= 1
            return operation(*arguments)

        return counted

    def put_slot(self, letter, watchdog_ms=0):
        os.makedirs(f"{self.root}/{letter}", exist_ok=True)
        with open(f"{self.root}/{letter}/slot.json", "w") as file:
            file.write(f'{{"watchdog_ms": {watchdog_ms}}}')

    def put(self, name, text):
        os.makedirs(os.path.dirname(f"{self.root}/{name}"), exist_ok=True)
        with open(f"{self.root}/{name}", "w") as file:
            file.write(text)

    def read(self, name):
        with open(f"{self.root}/{name}") as file:
            return file.read()

    def boot(self):
        """One power-up; how it ended: "prompt" or "reset"."""

        def start(folder, count, slot, failed, watchdog_ms, started):
            self.starts.append((folder.removeprefix(self.root), count, slot, failed, watchdog_ms))
            self.payload(started)

        try:
            Loader(self.root, start, self._reset, self._sleep_ms, lambda: self.time_ms % 2**30, _ticks_diff).run()
        except Reset:
            return "reset"
        return "prompt"

    def _reset(self):
        raise Reset

    def _sleep_ms(self, duration_ms):
        if self.interrupts_sleep:
            raise KeyboardInterrupt
        self.time_ms += duration_ms


@pytest.fixture
def board(tmp_path, monkeypatch):
    board = Board(tmp_path, monkeypatch)
    board.put_slot("a")
    board.put_slot("b")
    board.put("state/slot", "a")
    return board


def failing(started):
    raise ValueError("no such sensor")


def fails_after(duration_ms, board):
    def payload(started):
        started()
        board.time_ms += duration_ms
        raise MemoryError("heap")

    return payload


def test_boots_are_counted_and_the_switch_decides(board):
    for _ in range(3):
        board.boot()
    board.put("state/slot", "b")
    board.boot()
    assert board.starts == [("/a", 1, 1, 0, 0), ("/a", 2, 1, 0, 0), ("/a", 3, 1, 0, 0), ("/b", 4, 2, 0, 0)]


def test_payload_that_fails_three_times_gives_way_to_the_other_which_says_so_from_then_on(board):
    board.payload = failing
    assert [board.boot() for _ in range(MOST_FAILED)] == ["reset"] * MOST_FAILED
    assert "ValueError: no such sensor" in board.read("state/crash")
    board.payload = lambda started: started()
    board.boot()
    board.boot()
    assert board.starts[MOST_FAILED:] == [("/b", 4, 2, 3, 0), ("/b", 5, 2, 3, 0)]
    board.put("state/slot", "a")  # a deploy
    board.boot()
    assert board.starts[-1] == ("/a", 6, 1, 0, 0)


def test_payload_that_hangs_counts_as_failed(board):
    def hangs(started):
        raise Reset  # by the watchdog, or a user

    board.payload = hangs
    for _ in range(MOST_FAILED + 1):
        board.boot()
    assert [start[0] for start in board.starts] == ["/a"] * MOST_FAILED + ["/b"]


@pytest.mark.parametrize(("ran_ms", "last"), [(59_999, "/b"), (60_000, "/a")])
def test_payload_that_ends_within_a_minute_has_failed_too(board, ran_ms, last):
    board.payload = fails_after(ran_ms, board)
    for _ in range(MOST_FAILED + 1):
        board.boot()
    assert board.starts[-1][0] == last


def test_failures_with_a_good_boot_between_them_do_not_add_up(board):
    for good in (False, False, True) * 4:
        board.payload = (lambda started: started()) if good else failing
        board.boot()
    assert {start[0] for start in board.starts} == {"/a"}


def test_other_slot_that_is_not_complete_is_never_started(board):
    os.remove(f"{board.root}/b/slot.json")
    board.payload = failing
    for _ in range(3 * MOST_FAILED):
        board.boot()
    assert {start[0] for start in board.starts} == {"/a"}


def test_two_payloads_that_fail_are_tried_by_turns(board):
    board.payload = failing
    for _ in range(4 * MOST_FAILED):
        board.boot()
    assert [start[0] for start in board.starts] == (["/a"] * MOST_FAILED + ["/b"] * MOST_FAILED) * 2


@pytest.mark.parametrize("switch", ["", "c", "b", "\xff", "a a a"])
def test_damaged_switch_or_one_to_a_slot_that_is_gone_starts_what_there_is(board, switch):
    os.remove(f"{board.root}/b/slot.json")
    board.put("state/slot", switch)
    board.boot()
    assert board.starts[0][:3] == ("/a", 1, 1)


@pytest.mark.parametrize("record", ["", "x", "7", "7 a", "7 a x", "-", " "])
def test_damaged_boot_record_keeps_nothing_from_starting(board, record):
    board.put("state/boot", record)
    assert (board.boot(), len(board.starts)) == ("prompt", 1)


def test_first_boot_after_a_failure_waits_for_ctrl_c(board):
    board.payload = failing
    board.boot()
    assert board.time_ms == 1000, "the pause after the error alone"
    board.interrupts_sleep = True
    assert (board.boot(), len(board.starts)) == ("prompt", 1)
    board.interrupts_sleep = False
    board.boot()
    assert len(board.starts) == 2


def test_ctrl_c_before_the_start_is_no_failure_of_the_payload(board):
    def stopped(started):
        raise KeyboardInterrupt

    board.payload = stopped
    assert {board.boot() for _ in range(2 * MOST_FAILED)} == {"prompt"}
    assert {start[0] for start in board.starts} == {"/a"}


def test_ctrl_c_under_the_watchdog_resets_and_stays_at_the_prompt_once(board):
    board.put_slot("a", watchdog_ms=4000)

    def stopped(started):
        started()
        raise KeyboardInterrupt

    board.payload = stopped
    assert [board.boot(), board.boot(), board.boot()] == ["reset", "prompt", "reset"]
    assert [start[4] for start in board.starts] == [4000, 4000]


@pytest.mark.parametrize("interrupted", range(4))
def test_ctrl_c_pressed_again_while_the_first_is_at_work_changes_nothing(board, monkeypatch, interrupted):
    board.put_slot("a", watchdog_ms=4000)
    write, left = Loader._write, [interrupted]

    def pressed_again(self, name, text):
        write(self, name, text)
        if board.starts and name != "slot":
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt

    def stopped(started):
        raise KeyboardInterrupt

    board.payload = stopped
    monkeypatch.setattr(Loader, "_write", pressed_again)
    assert [board.boot(), board.boot()] == ["reset", "prompt"]
    assert board.read("state/boot") == "1 a 0"


def test_ctrl_c_after_an_error_stays_at_the_prompt_whatever_the_watchdog_does(board):
    board.put_slot("a", watchdog_ms=4000)
    board.payload = failing
    board.interrupts_sleep = True
    assert [board.boot(), board.boot(), len(board.starts)] == ["reset", "prompt", 1]


def test_watchdog_of_a_payload_that_no_deploy_put_there_is_that_of_its_plan(tmp_path, monkeypatch):
    board = Board(tmp_path, monkeypatch)
    board.put("plan.json", '{"watchdog_ms": 500}')

    def stopped(started):
        raise KeyboardInterrupt

    board.payload = stopped
    assert [board.boot(), board.boot()] == ["reset", "prompt"]
    assert board.starts == [("/", 1, 0, 0, None)]


def test_error_that_cannot_be_told_for_want_of_memory_restarts_the_board_all_the_same(board, monkeypatch):
    def no_memory(error):
        raise MemoryError

    monkeypatch.setattr(freefall_loader, "_traceback", no_memory)
    board.payload = failing
    assert board.boot() == "reset"


@pytest.mark.parametrize("octets", ["", "5", "[]", "null", "{}", '{"watchdog_ms": null}', '{"watchdog_ms": "x"}', "\xff"])
def test_damaged_slot_json_keeps_nothing_from_starting(board, octets):
    board.put("a/slot.json", octets)
    assert (board.boot(), board.starts) == ("prompt", [("/a", 1, 1, 0, None)])


def test_payload_that_ran_for_more_than_six_days_has_not_failed_early_though_ticks_wrap(board):
    board.put("state/boot", "5 a 2")
    board.payload = fails_after(2**29 + 1000, board)
    board.boot()
    assert board.read("state/boot") == "6 a 0"


def test_board_without_a_slot_runs_the_files_at_its_root_or_says_that_there_are_none(tmp_path, monkeypatch, capsys):
    board = Board(tmp_path, monkeypatch)
    assert board.boot() == "prompt"
    assert "no payload on this board" in capsys.readouterr().out
    board.put("plan.json", "{}")
    board.boot()
    assert board.starts == [("/", 1, 0, 0, None)]


def test_file_system_that_takes_no_writes_does_not_keep_the_payload_from_running(board, monkeypatch, capsys):
    def full(*arguments):
        raise OSError(28, "ENOSPC")

    monkeypatch.setattr(freefall_loader.os, "rename", full)
    assert (board.boot(), len(board.starts)) == ("prompt", 1)
    assert "cannot write state/boot" in capsys.readouterr().out


# Whatever the boots before it, good, bad or cut off at any file operation, a boot starts a complete slot, and the count goes up.
@given(history=st.lists(st.tuples(st.sampled_from(["good", "bad", "late"]), st.none() | st.integers(0, 12)), max_size=12))
def test_power_may_go_at_any_operation_of_any_boot(tmp_path_factory, history):
    with pytest.MonkeyPatch.context() as monkeypatch:
        board = Board(tmp_path_factory.mktemp("board"), monkeypatch)
        board.put_slot("a")
        board.put_slot("b")
        board.put("state/slot", "a")
        payloads = {"good": lambda started: started(), "bad": failing, "late": fails_after(1000, board)}
        for kind, cut in history:
            board.payload, board.operations_left = payloads[kind], cut
            with contextlib.suppress(PowerCut):
                board.boot()
            board.operations_left = None
            assert board.read("state/slot").split(" ")[0] in ("a", "b"), "never half a switch"
        board.payload = payloads["good"]
        counts = [start[1] for start in board.starts]
        board.boot()
        assert board.starts[-1][0] in ("/a", "/b")
        assert board.starts[-1][1] > max(counts, default=0)
        assert counts == sorted(counts)

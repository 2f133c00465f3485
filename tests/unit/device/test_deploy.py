"""A deploy to a board that is a folder: what it copies, in which order, and what boots when it is cut off at any operation."""

import json
import shutil

import pytest

from freefall.device import deploy
from freefall.device.slots import BoardFiles, Interpreter, board_files
from freefall.errors import BoardError, DeviceError
from unit.device.folder_board import FolderBoard

MAIN = b"import freefall_loader\n\nfreefall_loader.main()\n"


def files(version: bytes, **more: bytes) -> BoardFiles:
    """A payload of a few files, those of `version` among them."""
    slot = {
        "freefall_wire/frame.mpy": b"frame" * 100,
        "freefall_board/app.mpy": b"app " + version,
        "freefall_board/drivers/tmp117.mpy": b"tmp117" * 50,
        "plan.json": json.dumps({"name": version.decode(), "streams": [{"period_us": 1000}]}).encode(),
    }
    slot |= {name.replace("__", "/"): octets for name, octets in more.items()}
    mark = b'{"definition_id":"%s","watchdog_ms":0}' % version
    return BoardFiles(slot, mark, ("freefall_loader.mpy", b"loader " + version), MAIN)


def whole(payload: BoardFiles) -> dict[str, bytes]:
    """The files of a slot that holds it."""
    return {**payload.slot, "manifest.json": payload.manifest, "slot.json": payload.mark}


def deployed(board: FolderBoard, payload: BoardFiles) -> deploy.Changes:
    changes = deploy.survey(board, payload)
    deploy.apply(board, payload, changes)
    return changes


@pytest.fixture
def board(tmp_path):
    (tmp_path / "board").mkdir()
    return FolderBoard(tmp_path / "board")


def test_blank_board_gets_all_and_boots_it(board):
    payload = files(b"one")
    changes = deployed(board, payload)
    assert (changes.active, changes.target, len(changes.write), changes.copy) == (None, "a", 4, ())
    assert board.booted() == whole(payload)
    assert deploy.survey(board, payload).current


def test_only_what_changed_goes_over_the_cable_and_slots_take_turns(board):
    deployed(board, files(b"one"))
    board.written = 0
    changes = deployed(board, files(b"two"))
    assert (changes.active, changes.target) == ("a", "b")
    assert set(changes.write) == {"freefall_board/app.mpy", "plan.json"}
    assert set(changes.copy) == {"freefall_wire/frame.mpy", "freefall_board/drivers/tmp117.mpy"}
    assert board.booted() == whole(files(b"two"))
    changes = deployed(board, files(b"three"))
    assert (changes.target, changes.copy, len(changes.keep)) == ("a", (), 2)
    assert board.booted() == whole(files(b"three"))


def test_file_that_no_longer_belongs_to_the_payload_goes(board):
    deployed(board, files(b"one", freefall_board__old=b"old"))
    deployed(board, files(b"two"))
    changes = deployed(board, files(b"three"))
    assert changes.remove == ("freefall_board/old",)
    assert board.booted() == whole(files(b"three"))


def test_loader_of_the_other_kind_goes_for_as_source_it_would_be_the_one_that_starts(board):
    deployed(board, files(b"one"))
    (board.root / "freefall_loader.py").write_bytes(b"of a deploy --source")
    changes = deployed(board, files(b"one"))
    assert changes.loader and not changes.current
    assert [path.name for path in board.root.glob("freefall_loader.*")] == ["freefall_loader.mpy"]
    assert deploy.survey(board, files(b"one")).current


def test_rest_of_a_deploy_that_was_cut_off_goes_too(board):
    deployed(board, files(b"one"))
    (board.root / "b").mkdir()
    (board.root / "b" / "app.mpy.new").write_bytes(b"half")
    deployed(board, files(b"two"))
    assert board.booted() == whole(files(b"two"))


def test_payload_that_fails_to_start_is_replaced_and_not_the_good_one_beside_it(board):
    deployed(board, files(b"good"))
    deployed(board, files(b"bad"))
    (board.root / "state" / "boot").write_text("7 b 1")
    assert deploy.survey(board, files(b"mended")).target == "a", "one boot that failed may have been a power cut"
    (board.root / "state" / "boot").write_text("8 b 3")
    changes = deployed(board, files(b"mended"))
    assert (changes.active, changes.target) == ("a", "b")
    assert board.booted() == whole(files(b"mended")), "what failed was another payload"
    assert (board.root / "state" / "boot").read_text() == "8 b 0"
    (board.root / "b" / "slot.json").unlink()
    assert board.booted() == whole(files(b"good"))


def test_cut_at_any_operation_in_the_place_of_a_payload_that_fails_the_good_one_is_there(tmp_path):
    start = tmp_path / "start"
    start.mkdir()
    deployed(FolderBoard(start), files(b"good"))
    deployed(FolderBoard(start), files(b"bad"))
    (start / "state" / "boot").write_text("8 b 3")
    count = FolderBoard(shutil.copytree(start, tmp_path / "count"))
    deployed(count, files(b"mended"))
    outcomes = []
    for cut_at in range(count.operations):
        board = FolderBoard(shutil.copytree(start, tmp_path / f"cut{cut_at}"))
        board.cut_at = cut_at
        with pytest.raises(DeviceError):
            deployed(board, files(b"mended"))
        booted = board.booted()
        assert booted in (whole(files(b"good")), whole(files(b"mended"))), f"after operation {cut_at}"
        outcomes.append(booted == whole(files(b"mended")))
    assert outcomes == sorted(outcomes) and count.operations > 8


def test_payload_that_fails_alone_on_its_board_is_kept_until_the_new_one_is_whole(board):
    deployed(board, files(b"bad"))
    (board.root / "state" / "boot").write_text("8 a 5")
    assert deployed(board, files(b"mended")).target == "b"
    assert board.booted() == whole(files(b"mended"))


# At every operation of every kind of deploy. A deploy after it ends well.
@pytest.mark.parametrize("before", [(), (b"one",), (b"one", b"other"), (b"new", b"one")])
def test_cut_at_any_operation_the_board_boots_the_old_payload_or_the_new(tmp_path, before):
    start = tmp_path / "start"
    start.mkdir()
    for version in before:
        deployed(FolderBoard(start), files(version, freefall_board__more=version))
    payload = files(b"new")
    count = FolderBoard(shutil.copytree(start, tmp_path / "count"))
    deployed(count, payload)
    assert count.operations >= 10
    old = FolderBoard(start).booted()
    outcomes = []
    for cut_at in range(count.operations):
        board = FolderBoard(shutil.copytree(start, tmp_path / f"cut{cut_at}"))
        board.cut_at = cut_at
        with pytest.raises(DeviceError):
            deployed(board, payload)
        booted = board.booted()
        assert booted in (old, whole(payload)), f"half a payload after operation {cut_at}"
        outcomes.append(booted == old)
        again = FolderBoard(board.root)
        deployed(again, payload)
        assert again.booted() == whole(payload)
    assert outcomes == sorted(outcomes, reverse=True), "once it boots the new payload, it does"
    assert outcomes[0]


def test_failed_boots_of_what_was_in_the_slot_before_are_not_the_new_payloads(board):
    deployed(board, files(b"one"))
    deployed(board, files(b"two"))  # in b
    (board.root / "state" / "boot").write_text("9 a 3")
    deployed(board, files(b"three"))  # in a, and b has not been booted since
    assert board.booted() == whole(files(b"three"))
    assert (board.root / "state" / "boot").read_text() == "9 a 0", "boots are counted on"


def test_file_that_is_not_what_was_sent_is_found_and_the_old_payload_stays(board):
    deployed(board, files(b"one"))
    payload = files(b"two")
    changes = deploy.survey(board, payload)
    write = board.write

    def write_badly(path, octets, progress=lambda written: None):
        write(path, octets[:-1] + b"?" if "app" in path else octets, progress)

    board.write = write_badly
    with pytest.raises(BoardError, match=r"1 of 5 files on the board are not what was sent, freefall_board/app\.mpy the first"):
        deploy.apply(board, payload, changes)
    assert board.booted() == whole(files(b"one"))


def test_payload_that_does_not_fit_is_refused_before_anything_is_written(tmp_path):
    board = FolderBoard(tmp_path, blocks_free=19)
    with pytest.raises(BoardError, match="needs 16 kB .* and 76 kB are free"):
        deploy.survey(board, files(b"one"))
    assert board.operations == 0


def test_differences_of_plans_are_named(board):
    deployed(board, files(b"one"))
    payload = files(b"two")
    assert deploy.plan_differences(board, deploy.survey(board, payload), payload) == ["name: one -> two"]


@pytest.mark.parametrize(
    ("mpy", "sentence"),
    [
        (5 | 4 << 10, "reads compiled files of version 5"),
        (6 | 3 << 8 | 7 << 10, "is a Raspberry Pi Pico 2, and this firmware runs on the RP2040"),
    ],
)
def test_board_that_the_firmware_cannot_run_on_is_refused(mpy, sentence):
    with pytest.raises(BoardError, match=sentence):
        Interpreter(mpy, "Raspberry Pi Pico 2", "1.22.0").check()
    Interpreter(6 | 3 << 8 | 4 << 10, "Raspberry Pi Pico with RP2040", "1.26.1").check()


@pytest.mark.parametrize("flight", [False, True])
def test_files_of_a_definition_are_the_whole_firmware_and_its_plan(vibration, flight):
    from freefall.definition import load_definition

    definition = load_definition(vibration)
    made = board_files(definition, flight, sources=True)
    assert made.slot["plan.json"] == definition.plan
    assert {"freefall_board/app.py", "freefall_wire/frame.py", "freefall_board/ports/rp2.py"} <= set(made.slot)
    assert not any("virtual" in path or "loader" in path for path in made.slot)
    assert made.loader[0] == "freefall_loader.py" and made.main == MAIN
    mark = json.loads(made.mark)
    assert mark["definition_id"] == f"{definition.definition_id:08x}"
    assert mark["watchdog_ms"] == (4000 if flight else 0)

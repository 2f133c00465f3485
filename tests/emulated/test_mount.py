"""What our image does with the flash at power-up: a blank one gets a file system, one that cannot be read is left as it is."""

import pytest

from freefall.board.emulated.device import BLANK, EmulatedDevice
from freefall.board.emulated.filesystem import BLOCK_LEN, build_image
from freefall.device import deploy
from freefall.device.repl import Repl
from freefall.device.slots import BoardFiles
from freefall.errors import BoardError

pytestmark = pytest.mark.emulated


@pytest.fixture
def plug_in(image):
    if image.symbols is None:
        pytest.skip("an official image formats what it cannot mount; ours can be built on Debian alone")
    return lambda flash: EmulatedDevice(image.path, flash)


def ask(device, *expressions):
    """The values of expressions at the board's prompt."""
    with Repl.open(device.console_url, wait_s=3, sleep=lambda s: device.run_for(round(s * 1e9))) as repl:
        return [repl.eval(f"__import__('os').{expression}") for expression in expressions]


def test_blank_flash_gets_a_file_system_and_keeps_what_is_written(plug_in):
    device = plug_in(BLANK)
    assert ask(device, "listdir('/')", "mkdir('/kept')") == [[], None]
    device.power_cycle()
    assert ask(device, "listdir('/')") == [["kept"]]


@pytest.mark.parametrize("damage", [b"\0" * 2 * BLOCK_LEN, b"\xff" * 2 * BLOCK_LEN], ids=["written over", "erased"])
def test_flash_that_cannot_be_mounted_is_not_formatted(plug_in, damage):
    flash = damage + build_image({"experiment.csv": b"a week of samples"})[len(damage) :]
    device = plug_in(flash)
    assert ask(device, "listdir('/')", "statvfs('/')[0]") == [[], 0], "a prompt, and no files"
    assert device.flash == flash
    with Repl.open(device.console_url) as repl:
        with pytest.raises(BoardError, match="no file system that can be read, and none was made"):
            deploy.survey(repl, BoardFiles({}, b"", ("freefall_loader.mpy", b""), b""))
        deploy.format_flash(repl)
    assert ask(device, "listdir('/')") == [[]]

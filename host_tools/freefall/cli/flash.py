"""freefall flash: MicroPython onto a board."""

from functools import partial
from pathlib import Path

import rich_click as click
from click.core import ParameterSource

from ..device.computer import Computer
from ..device.flash import Telling, plan
from ..device.flash import flash as flash_rp2
from ..device.images import Image, read_image
from ..device.targets import Wanted, choose
from ..device.uf2 import Uf2
from ..device.vendor_tools import flash_by_tool
from ..port.options import scheme_of
from . import EXIT_INTERRUPTED
from .completion import wires
from .console import complain
from .progress import progress_bar


@click.command()
@click.argument("image", metavar="[IMAGE]", required=False, type=click.Path(path_type=Path))
@click.option("--board", metavar="ID", help="The board with this USB serial number; its beginning or end will do.")
@click.option("--volume", metavar="PATH", type=click.Path(path_type=Path), help="The board whose bootloader is mounted there.")
@click.option(
    "-p", "--port", metavar="URL", envvar="FREEFALL_PORT", shell_complete=wires,
    help="The board at this port: /dev/ttyACM0, COM5.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Check, say what would be done, and touch nothing.")
@click.option("--no-verify", is_flag=True, help="Do not wait for the board to come back and say its version.")
@click.pass_context
def flash(
    context: click.Context, image: Path | None, board: str | None, volume: Path | None, port: str | None, dry_run: bool,
    no_verify: bool,
) -> int:  # fmt: skip
    """Write MicroPython to a board: a UF2 to an RP2040 or RP2350, a .bin to an ESP32, a .dfu to an STM32.

    Without IMAGE, an RP2040 gets the MicroPython that freefall's emulated board runs. Without --board, --volume or -p, the only
    board there is. A running board is sent to its bootloader; a blank one shows it when it is plugged in with BOOTSEL held. An
    image for another chip is refused with nothing written (5). ESP32 needs esptool (pip install "freefall[esp32]") and -p, STM32
    dfu-util.
    """
    wanted = _wanted(context, board, volume, port)
    read = read_image(image) if image else None
    try:
        click.echo(_done(read, wanted, Computer(), not no_verify, dry_run))
    except KeyboardInterrupt:
        complain("Interrupted. A board whose image is not whole waits in its bootloader: flash it again.", prefix="")
        return EXIT_INTERRUPTED
    return 0


def _done(image: Image | None, wanted: Wanted, computer: Computer, verify: bool, dry_run: bool) -> str:
    telling = Telling(_say, progress_bar)
    if image and not isinstance(image.kind, Uf2):
        return flash_by_tool(image, wanted, computer, telling, verify, dry_run)
    target = choose(wanted, computer)
    return plan(image, target, verify) if dry_run else flash_rp2(image, target, computer, telling, _own_image, verify)


def _own_image() -> Path:
    from ..board.emulated.image import get_image

    _say("No IMAGE is given: taking the MicroPython for an RP2040 that freefall's emulated board runs.")
    return get_image(_say)


def _wanted(context: click.Context, board: str | None, volume: Path | None, port: str | None) -> Wanted:
    from_environment = context.get_parameter_source("port") is ParameterSource.ENVIRONMENT
    if from_environment and (board or volume):
        port = None
    if sum(map(bool, (board, volume, port))) > 1:
        raise click.UsageError("Of --board, --volume and -p, give one.")
    if port and scheme_of(port) in ("sim", "replay"):
        raise click.UsageError(f"{port} is no board that could be written; its port is /dev/ttyACM0, COM5 or the like.")
    return Wanted(board, volume, port)


_say = partial(click.echo, err=True)

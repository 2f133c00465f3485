"""RP2040: what an image of our own runs before main.py, in place of MicroPython's _boot.py: mounts the flash and formats nothing.

MicroPython's makes a new file system whenever it cannot mount the one that is there, and so loses what a moment of bad power, or
a worn block, had made unreadable. This one does that only where the flash has never been written. It is frozen into the image
that host_tools/freefall/board/emulated/debian.py builds; an official image has MicroPython's.
"""

import rp2
import vfs

_WRITE_LEN = 256
_COUNT, _LEN = 4, 5  # of blocks, and octets of one, for ioctl


def _mount(flash):
    vfs.mount(vfs.VfsLfs2(flash, progsize=_WRITE_LEN), "/")


def _is_blank(flash):
    erased = b"\xff" * flash.ioctl(_LEN, 0)
    block = bytearray(erased)
    for number in range(flash.ioctl(_COUNT, 0)):
        flash.readblocks(number, block)
        if block != erased:
            return False
    return True


def _main():
    flash = rp2.Flash()
    try:
        _mount(flash)
    except OSError:
        # Nobody hears a word of it here, before USB is there: a prompt without files is what tells, and freefall deploy says it.
        if _is_blank(flash):
            vfs.VfsLfs2.mkfs(flash, progsize=_WRITE_LEN)
            _mount(flash)


_main()

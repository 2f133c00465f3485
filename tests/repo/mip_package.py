"""package.json at the top of the repository: what MicroPython's installer, mip, puts on a board.

Run as a program (python tests/repo/mip_package.py) it writes the file anew.
"""

import json
from pathlib import Path

from freefall import __version__
from freefall.board.firmware_files import source_files

PACKAGE = Path(__file__).parents[2] / "package.json"


def text() -> str:
    """The file: every module of the board as a source, each line its place on the board and in the repository."""
    lines = ",\n".join(f"        {json.dumps([name, f'firmware/{name}'])}" for name in sorted(source_files()))
    return f'{{\n    "version": {json.dumps(__version__)},\n    "deps": [],\n    "urls": [\n{lines}\n    ]\n}}\n'


if __name__ == "__main__":
    PACKAGE.write_text(text(), encoding="utf-8")

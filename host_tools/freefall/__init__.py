"""Freefall's host tools: check a payload definition, run it without hardware, record, decode, export.

    from freefall.definition import load_definition
    from freefall.decode import Decoder

Imports go one way: freefall_wire <- definition <- decode <- recording, export <- board <- cli.
"""

from freefall_board.version import __version__

__all__ = ["__version__"]

"""Board logic without hardware: imports freefall_wire and the language only, so it runs the same on MicroPython and CPython."""

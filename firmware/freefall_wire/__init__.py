"""The Freefall wire: framing, packets and time codes, one source for MicroPython boards and CPython hosts.

SPEC.md beside this file is the contract. Portable subset only: no imports but struct, binascii, array, collections and
micropython.const; no dataclasses, no typing, no memoryview methods. Functions named `put_*` and `*_in_place` allocate nothing.
"""

WIRE_FORMAT = 1  # of SPEC.md; not the software's version
PLAN_FORMAT = 3  # of the compiled plan (host: definition/compile.py, board: app.py)

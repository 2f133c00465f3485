"""`const` on both sides: MicroPython's compiler folds it away, CPython calls this one."""

try:
    from micropython import const  # pyright: ignore[reportAssignmentType]: either this or ours
except ImportError:

    def const(value):
        return value

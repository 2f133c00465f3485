"""Integers as a 32-bit MicroPython computes with them in interrupts: what is no small integer would take memory from the heap."""

from array import array

_LEAST, _MOST = -(2**30), 2**30 - 1


class Small(int):
    """An integer whose sums, products and so on must be small ones, as must those they are made from."""

    def __new__(cls, value):
        assert _LEAST <= value <= _MOST, f"{int(value)} is no small integer"
        return super().__new__(cls, value)


def _checked(name):
    operation = getattr(int, name)

    def method(self, *others):
        result = operation(self, *others)
        return result if result is NotImplemented else Small(result)

    return method


for _name in ("add", "sub", "mul", "floordiv", "mod", "and", "or", "xor", "lshift", "rshift"):
    for _place in (f"__{_name}__", f"__r{_name}__"):
        setattr(Small, _place, _checked(_place))
for _name in ("__neg__", "__pos__", "__invert__", "__abs__"):
    setattr(Small, _name, _checked(_name))


class SmallWords(array):
    """Words of which code that is not viper gets small integers, and may put in nothing else."""

    def __getitem__(self, place):
        return Small(super().__getitem__(place))

    def __setitem__(self, place, value):
        super().__setitem__(place, Small(value))


def make_strict(ring):
    """Let a ring, and what is made for it from now on, compute with small integers only; returns its words for a test."""
    ring.words = SmallWords("i", ring.words)
    return memoryview(ring.words)

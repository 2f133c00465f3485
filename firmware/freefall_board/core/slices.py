"""Slices made ahead of time: `buf[a:b] = x` makes a slice object on the heap at every use, `buf[SLICE_MADE_BEFORE] = x` none.

(MicroPython 1.26 and later avoid that for built-in types, 1.25 does not.)
"""


class _Slicer:
    def __getitem__(self, key):
        return key


slicer = _Slicer()  # slicer[a:b] is the slice a:b

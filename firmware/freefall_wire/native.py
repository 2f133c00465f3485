"""One source for what runs while a board samples: machine code there, the same lines as plain Python on CPython.

`@micropython.native` and `@micropython.viper` are for MicroPython's compiler. Native code keeps its state on the C stack, where
bytecode takes heap for a call with more than eleven words of it. Viper's compiler knows `ptr8` and `ptr32` as types; on CPython
they are views of the same memory. Viper code written for both keeps to bytearrays through ptr8, array("i") through ptr32 and
integers of 30 bits, and so means the same in both.
"""

try:
    import micropython  # pyright: ignore[reportAssignmentType]: either this or ours

    # Imported by name, used by the compiler only.
    ptr8 = ptr32 = None  # pyright: ignore[reportAssignmentType]
except ImportError:

    class micropython:
        """Stands for MicroPython's module where such code is ordinary Python."""

        @staticmethod
        def native(function):
            """The function as it is."""
            return function

        viper = native

    def ptr8(octets):
        """Octets 0..255 of a bytearray or memoryview."""
        return memoryview(octets)

    def ptr32(words):
        """Signed 32-bit words of an array("i")."""
        return memoryview(words)

"""A pin of the board that remembers what a part's line did."""


class LineRecorder:
    """`changes` holds (time in ns, level); the time is 0 until `clock` is set, which a bench makes only after its lines."""

    def __init__(self):
        self.clock = None
        self.level = None
        self.changes = []

    def set(self, level):
        assert level != self.level, "a line that stays as it is need not be driven"
        self.level = level
        self.changes.append((self.clock.now_ns() if self.clock else 0, level))

    def edges(self, level):
        """The instants at which it became `level`."""
        return [time_ns for time_ns, became in self.changes if became == level]

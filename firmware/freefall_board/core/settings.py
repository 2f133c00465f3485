"""Live settings: the values a definition lets be changed in flight, within the limits it gives, and how they are kept."""

import struct

from freefall_wire import crc, reports


class Settings:
    """The settings of a plan: `values` as they are in effect, in the plan's order. Foreground; it allocates."""

    def __init__(self, plan, definition_id, kept):
        """plan: the whole plan; definition_id: 4 octets; kept: what `to_keep` made of a boot before this, or None.

        What was kept for another definition, is damaged, or is out of range now is not used: the definition's own values are.
        """
        self._all = plan.get("settings", [])
        self._definition_id = definition_id
        self.values = [setting["value"] for setting in self._all]
        values = self._unpacked(kept)
        if values and all(self.refusal(number, value) is None for number, value in enumerate(values)):
            self.values = values

    def refusal(self, number, value):
        """(reason, limit) of a value that setting `number` does not take, None if it takes it."""
        if number >= len(self._all):
            return reports.NO_SUCH_SETTING, len(self._all)
        setting = self._all[number]
        if value < setting["least"]:
            return reports.BELOW_LEAST, setting["least"]
        if value > setting["most"]:
            return reports.ABOVE_MOST, setting["most"]
        return None

    def apply(self, plan):
        """Put the values where the payload is built from: into the streams of a decoded plan."""
        for setting, value in zip(self._all, self.values):
            plan["streams"][setting["stream"]][setting["what"]] = value

    def octets(self):
        """The values as they are reported."""
        return struct.pack(">%dI" % len(self.values), *self.values)

    def to_keep(self, changes):
        """What to keep so that the next boot has these (number, value) pairs, and of the others what is in effect."""
        values = list(self.values)
        for number, value in changes:
            values[number] = value
        octets = self._definition_id + struct.pack(">%dI" % len(values), *values)
        return octets + struct.pack(">I", crc.crc32(octets))

    def _unpacked(self, kept):
        count = len(self._all)
        if kept is None or len(kept) != 4 * (count + 2) or kept[:4] != self._definition_id:
            return None
        *values, check = struct.unpack(">%dI" % (count + 1), kept[4:])
        return values if check == crc.crc32(kept[:-4]) else None

"""What reports say, in words for people; one wording for every place that tells of them."""

from freefall_wire import reports

from ..definition import Definition
from .codes import SLOTS
from .reports import BootEvent, Verification

_OTHER = dict(zip(SLOTS.values(), reversed(SLOTS.values()), strict=True))


def slot_text(boot: BootEvent) -> str:
    """Where the payload lies and whether the board fell back to it, in words that go on a sentence; empty if it was not told."""
    if boot.failed_boots:
        other = f"slot {_OTHER[boot.slot]}" if boot.slot else "the other slot"
        here = f" to slot {boot.slot}" if boot.slot else ""
        times = "boot" if boot.failed_boots == 1 else "boots"
        return f", fell back{here} after {boot.failed_boots} failed {times} of {other}"
    return f", slot {boot.slot}" if boot.slot else ""


def verification_text(item: Verification, definition: Definition) -> str:
    """Which telecommand, and what has become of it, in words."""
    return f"telecommand {item.request.hex()} {outcome_text(item, definition)}"


def outcome_text(item: Verification, definition: Definition) -> str:
    """What has become of a telecommand, by the names of what it was about: "accepted", "refused: no such function 9"."""
    if not item.code:
        return item.kind
    if item.code in (reports.BELOW_LEAST, reports.ABOVE_MOST) and item.number < len(definition.settings):
        # Not the board's reason: of a period the least is the most of a rate.
        setting = definition.settings[item.number]
        return f"{item.kind}: {setting.name} takes {setting.limits}, not {setting.text(item.value)}"
    numbered = item.code in (reports.NO_SUCH_SETTING, reports.NO_SUCH_FUNCTION)
    return f"{item.kind}: {item.reason}" + (f" {item.number}" if numbered else "")


def settings_text(values: tuple[int, ...], definition: Definition) -> str:
    """Settings in words: "climate.rate_hz 10, climate.on on"."""
    return ", ".join(f"{s.name} {s.text(value)}" for s, value in zip(definition.settings, values, strict=True))

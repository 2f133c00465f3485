"""A summary in words."""

from ..decode import Summary


def one_line(summary: Summary) -> str:
    """What came, what did not, and where from, in one line."""
    counters, boots = summary.decoder.counters, summary.decoder.boots
    parts = [f"{summary.samples} samples"]
    if invalid := summary.metrics()["invalid"]:
        parts.append(f"{invalid} invalid")
    parts += [lost(summary), f"{counters.rejected} rejected", count(counters.duplicates, "duplicate"), count(boots, "boot")]
    return ", ".join([*parts, f"{counters.octets_fed} octets"])


def lost(summary: Summary) -> str:
    """`0 lost` only if nothing is missing after the last report either, where no report tells what was sent."""
    ledger = summary.decoder.ledger
    after = [f"{ledger.missing_after_report} missing after the last report"] if ledger.missing_after_report else []
    before = [f"{ledger.lost} lost"] if ledger.lost or not after else []
    return ", ".join(before + after)


def count(number: int, what: str) -> str:
    """`1 boot`, `2 boots`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

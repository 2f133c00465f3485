"""The tables of a page."""

from collections.abc import Sequence

from ..decode import LEVELS, StreamStatistics, Summary
from ..recording import LinkGap
from .accounts import account
from .element import Markup, element, joined
from .numbers import count, decimals, fixed, micros, whole


def streams(summary: Summary) -> Markup:
    """What each stream delivered, and how evenly."""
    head = ["", "samples", "rate Hz", "of Hz", "jitter us: half within", "99 % within", "all within"]
    head += ["missing", "invalid"]
    rows = []
    for own, ledger, nominal_hz in zip(summary.statistics, summary.decoder.ledger.streams, summary.rates_hz, strict=True):
        found, totals = own.jitter.triggers, ledger.totals
        numbers = (found.quantile_ns(0.5), found.quantile_ns(0.99), found.max_ns)
        jitters = [micros(ns) for ns in numbers] if found.count else ["-"] * 3
        missing = totals.gaps + totals.tail + totals.missing_after_report
        rate = "-" if own.rate_hz is None else fixed(own.rate_hz, 3)
        nominal = f"{nominal_hz:g}" if nominal_hz else "off"
        cells = [_number(whole(own.samples)), _number(rate), _number(nominal), *map(_number, jitters)]
        cells += [_number(whole(number), "gone" if number else None) for number in (missing, own.invalid_samples)]
        rows.append(_row(own.stream.name, cells))
    return _table(head, rows)


def ledger(summary: Summary) -> Markup:
    """What became of every sample: a column for each stream, each sum below what it is of."""
    found = summary.decoder.ledger
    joined_late = any(stream.totals.pending_before for stream in found.streams)
    columns = [account(stream, True, joined_late) for stream in found.streams]
    rows = []
    for cells in zip(*columns, strict=True):
        first = cells[0]
        level = "gone" if first.bad else None
        numbers = [_number(whole(cell.number), level) if cell.number else _number("\N{MIDDLE DOT}") for cell in cells]
        meaning = element("td", first.meaning, class_="faint")
        rows.append(_row(first.label, [*numbers, meaning], "pre", "sum" if first.label.startswith("=") else None))
    return _table(["", *(stream.name for stream in found.streams), ""], rows)


def channels(own: StreamStatistics) -> Markup:
    """Statistics of the channels of a stream, and how many values were outside each of their limits."""
    limited = any(known.outside for known in own.channels)
    head = ["", "unit", "values", "mean", "deviation", "least", "greatest"]
    head += [f"outside {level}" for level in LEVELS] if limited else []
    rows = []
    for known, channel in zip(own.channels, own.stream.channels, strict=True):
        places = decimals(known, channel) if known.count else 0
        values = (known.mean, known.deviation, known.least, known.greatest)
        numbers = [fixed(value, places) if known.count else "-" for value in values]
        cells = [element("td", known.unit), _number(whole(known.count)), *map(_number, numbers)]
        for level in LEVELS if limited else ():
            outside = known.outside.get(level)
            cells.append(_number("-" if outside is None else whole(outside), level if outside else None))
        rows.append(_row(known.name, cells))
    return _table(head, rows, text_columns=2)


def gaps(statistics: Sequence[StreamStatistics]) -> Markup | None:
    """Where samples are missing: of each stream the largest places, in time order; None where none is missing."""
    rows = []
    for own in statistics:
        losses = own.losses
        places = sorted(losses.largest, key=lambda place: (place.boot, place.index))
        for place in places:
            numbers = (whole(place.count), whole(place.index), str(place.boot), fixed(place.until_ns / 1e9, 6))
            rows.append(_row(own.stream.name, map(_number, numbers)))
        if others := losses.gaps - len(places):
            rest = losses.samples - sum(place.count for place in places)
            text = f"and {count(rest, 'sample')} in {count(others, 'other place')}, each no larger"
            rows.append(_row(own.stream.name, [element("td", text, class_="faint", colspan=4)]))
    return _table(["", "samples", "from index", "boot from 0", "until, on-board s"], rows) if rows else None


def events(summary: Summary, link_gaps: Sequence[LinkGap]) -> Markup | None:
    """What happened, in order; and when the link was away. None where nothing did."""
    found = summary.happenings
    rows = [
        element(
            "tr", _number(fixed(event.run_ns / 1e9, 3)), _number(str(event.boot)),
            _number("-" if event.time_ns is None else fixed(event.time_ns / 1e9, 6)), element("td", event.text),
        )
        for event in found.events
    ]  # fmt: skip
    parts = [_table(["run s", "boot from 0", "on-board s", ""], rows, text_columns=0)] if rows else []
    if more := found.count - len(found.events):
        parts.append(element("p", f"and {whole(more)} more", class_="faint"))
    for gap in link_gaps:
        until = "not back before the end" if gap.seconds is None else f"back after {gap.seconds:.3f} s"
        parts.append(element("p", f"Link lost: {gap.reason}; {until}"))
    return joined(parts) if parts else None


def rejects(summary: Summary) -> Markup | None:
    """Octets that were no packet, by reason, and the first places; None where there are none."""
    counters = summary.decoder.ledger.counters
    if not counters.rejected:
        return None
    rows = [
        _row(reason, [_number(whole(number)), _number(whole(counters.octets_rejected.get(reason, 0)))])
        for reason, number in counters.frames_rejected.items()
        if number
    ]
    places = ", ".join(f"{whole(place.offset)} ({place.reason}, {place.size})" for place in summary.happenings.rejects)
    first = element("p", f"First at octets (reason, how many): {places}", class_="faint")
    return joined([_table(["reason", "stretches", "octets"], rows), first])


def facts(known: dict[str, str]) -> Markup:
    """Names and what they stand for."""
    return _table([], [_row(name, [element("td", text)]) for name, text in known.items() if text])


def _table(head: Sequence[str], rows: Sequence[Markup], text_columns: int = 1) -> Markup:
    cells = [
        element("th", text, scope="col", class_=None if column < text_columns else "number") if text else element("td")
        for column, text in enumerate(head)
    ]
    above = element("thead", element("tr", *cells)) if head else None
    return element("div", element("table", above, element("tbody", *rows)), class_="scroll")


def _row(name: str, cells, class_: str | None = None, row_class: str | None = None) -> Markup:
    return element("tr", element("th", name, scope="row", class_=class_), *cells, class_=row_class)


def _number(text: str, class_: str | None = None) -> Markup:
    return element("td", text, class_=f"number {class_}" if class_ else "number")

"""The page: the verdict first, then what was sampled, what became of it, and what it looked like."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from ..decode import Summary
from . import plots, tables
from .element import Markup, element, joined
from .numbers import count, duration, whole
from .run import RunReport


def page(reports: Sequence[RunReport]) -> str:
    """The HTML of these runs, at least one, one after the other. Of some 20 kB a channel, however long a run is."""
    names = ", ".join(report.name for report in reports)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{names}: {'; '.join(report.summary.verdict for report in reports)}"),
        element("style", _style()),
    )
    articles = [
        element("article", *_run(report, f"run{number}-"), id=f"run{number}") for number, report in enumerate(reports, 1)
    ]
    contents = _contents(reports) if len(reports) > 1 else None
    body = element("body", element("main", contents, *articles))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n".replace("></meta>", ">")


def _contents(reports: Sequence[RunReport]) -> Markup:
    links = (
        element("li", element("a", report.name, href=f"#run{number}"), f": {report.summary.verdict}")
        for number, report in enumerate(reports, 1)
    )
    return element("nav", element("strong", f"{len(reports)} runs"), element("ul", *links), aria_label="Runs")


def _run(report: RunReport, prefix: str) -> Iterator[Markup]:
    summary = report.summary
    definition, ledger = summary.decoder.definition, summary.decoder.ledger
    boots = [event.run_ns / 1e9 for event in summary.happenings.events if event.kind == "reboot"]
    yield _header(report)
    yield _figures(summary)
    yield _section("Streams", tables.streams(summary))
    closes = element("p", "Ledger closes, difference 0.", class_="good") if ledger.closed else _reasons(summary)
    yield _section("Ledger: what became of every sample", tables.ledger(summary), closes)
    strip = element("figure", plots.losses(summary.statistics, summary.seconds, boots))
    places = tables.gaps(summary.statistics)
    note = None if places else element("p", "No gap between samples received.", class_="good")
    yield _section("Samples over time", strip, places, note)
    yield _section("Jitter: how uneven triggers are", *_jitters(summary))
    for own in summary.statistics:
        yield _section(f"Stream {own.stream.name}", *_channels(summary, own.stream.number, boots))
    if happened := tables.events(summary, report.link_gaps):
        yield _section("Events", happened)
    if rejected := tables.rejects(summary):
        yield _section("Rejected on the link", rejected)
    known = {
        "payload": definition.name,
        "discipline": definition.discipline,
        "description": definition.description,
        "definition id": f"{definition.definition_id:08x}",
        "firmware": ledger.board.firmware or "",
    }
    yield _section("Run", tables.facts(known | {name: text for name, text in report.metadata.items() if name not in known}))
    source = element("details", element("summary", "Payload definition"), element("pre", definition.text))
    yield element("section", source, id=f"{prefix}definition")


def _header(report: RunReport) -> Markup:
    summary = report.summary
    verdict = summary.verdict
    title = element("h1", element("span", verdict, class_="verdict"), f" \N{MIDDLE DOT} {report.name}")
    definition = summary.decoder.definition
    about = [definition.name, definition.description, report.metadata.get("start", "")[:19].replace("T", " ")]
    note = report.metadata.get("note", "")
    return element(
        "header",
        title,
        element("p", " \N{MIDDLE DOT} ".join(filter(None, about)), class_="faint"),
        element("p", note) if note else None,
        element("p", report.problem, class_="problem") if report.problem else None,
        class_=None if verdict == "OK" and not report.problem else "bad",
    )


def _figures(summary: Summary) -> Markup:
    metrics = summary.metrics()
    shown = {"on board": duration(summary.seconds)}
    names = ("samples", "boots", "missing", "rejected", "duplicates", "invalid", "critical")
    shown |= {name: whole(metrics[name]) for name in names}
    figures = (element("div", element("dt", name), element("dd", text)) for name, text in shown.items())
    return element("dl", *figures, class_="figures")


def _reasons(summary: Summary) -> Markup:
    reasons = (element("li", reason) for reason in summary.decoder.ledger.reasons)
    return joined([element("p", "Ledger does not close:"), element("ul", *reasons)])


def _jitters(summary: Summary) -> Iterator[Markup]:
    for own in summary.statistics:
        found = own.jitter.triggers
        if not found.count:
            words = "no two triggers whose period is known" if own.stream.trigger != "pulse" else "pulses have no period"
            yield element("p", f"{own.stream.name}: {words}.", class_="faint")
            continue
        between = "samples" if own.stream.times else "packets"
        plot = plots.jitter(own)
        words = f"{own.stream.name}: {count(found.count, 'interval')} between {between}"
        if plot is None:
            yield element("p", f"{words}, all within a microsecond of the period.")
        else:
            yield element("figure", element("figcaption", words), plot)


def _channels(summary: Summary, number: int, boots: Sequence[float]) -> Iterator[Markup]:
    own = summary.statistics[number]
    slowest_hz = min(rate_hz for rate_hz in (own.stream.rate_hz, summary.rates_hz[number]) if rate_hz)
    yield tables.channels(own)
    if own.invalid_samples:
        reasons = ", ".join(f"{whole(count)} {reason}" for reason, count in own.invalid.items() if count)
        yield element("p", f"Invalid: {whole(own.invalid_samples)} of {whole(own.samples)} samples ({reasons}).")
    for at, known in enumerate(own.channels):
        if known.count:
            caption = element("figcaption", f"{known.name}, {known.unit}")
            yield element("figure", caption, plots.envelope(own, at, slowest_hz, summary.seconds, boots))


def _section(title: str, *parts: Markup | None) -> Markup:
    return element("section", element("h2", title), *parts)


@cache
def _style() -> Markup:
    # Of the page's own text: nothing in it comes from a run.
    return Markup((Path(__file__).parent / "style.css").read_text(encoding="utf-8"))

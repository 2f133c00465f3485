"""The page of a run: whole, self-contained, and with the summary's own numbers."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from freefall.decode import Summary
from freefall.recording import LinkGap
from freefall.report import RunReport, decimals, page
from freefall.report.numbers import THIN, fixed, micros
from unit.decode import packets
from unit.decode.climate import climate_definition, settable

VOID = {"meta"}


class Page(HTMLParser):
    """Every element in order with its attributes and text; asserts that each is closed where it should be."""

    def __init__(self, text):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "attributes": dict(attrs), "text": "", "inside": [e["tag"] for e in self._open]}
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self._open:
            element["text"] += data

    def rows(self, name):
        """The texts of the cells of rows that begin with this name."""
        rows, row = [], []
        for element in self.elements:
            if element["tag"] == "tr":
                rows.append(row := [])
            elif element["tag"] in ("td", "th"):
                row.append(element["text"].replace(THIN, ""))
        return [row[1:] for row in rows if row and row[0].strip() == name]

    def texts(self, tag):
        return [element["text"].replace(THIN, "") for element in self.elements if element["tag"] == tag]


@pytest.fixture(scope="module")
def html(troubled):
    return page([RunReport("bench/run 3.mcap", troubled, {"note": "shaker", "source": "/dev/ttyACM0"})])


def test_page_is_whole_html_and_its_plots_are_xml_that_says_what_it_shows(html):
    found = Page(html)
    assert found.elements[0]["tag"] == "html" and found.elements[0]["attributes"]["lang"] == "en"
    plots = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(plots) == 1 + 1 + 3 + 3  # losses, jitter of the stream that is uneven, channels of two streams
    for plot in plots:
        root = ET.fromstring(plot)
        assert root[0].tag == "title" and root[0].text
        assert root[1].tag == "desc" and root.get("role") == "img"
        # Nothing is drawn outside of the paper.
        _, _, width, height = map(float, root.get("viewBox").split())
        for path in root.iter("path"):
            for x, y in re.findall(r"([\d.-]+),([\d.-]+)", path.get("d")):
                assert 0 <= float(x) <= width and 0 <= float(y) <= height
        for box in root.iter("rect"):
            assert float(box.get("x")) >= 0 and float(box.get("x")) + float(box.get("width")) <= width
            assert float(box.get("y")) >= 0 and float(box.get("y")) + float(box.get("height")) <= height


def test_page_needs_nothing_but_itself(html):
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<script|<link|<img|<iframe|\bsrc=", html)
    for element in Page(html).elements:
        assert not [name for name in element["attributes"] if name.startswith("on")]


def test_verdict_is_the_first_that_is_read(html, troubled):
    found = Page(html)
    first = next(element for element in found.elements if "body" in element["inside"] and element["tag"] == "h1")
    assert first["text"] == f"{troubled.verdict} · bench/run 3.mcap"
    header = next(element for element in found.elements if element["tag"] == "header")
    assert header["attributes"]["class"] == "bad" and "shaker" in header["text"]


def test_numbers_are_the_summarys(html, troubled):
    found = Page(html)
    metrics = troubled.metrics()
    figures = dict(zip(found.texts("dt"), found.texts("dd"), strict=True))
    for name in ("samples", "boots", "missing", "rejected", "duplicates", "invalid", "critical"):
        assert figures[name] == str(metrics[name])
    assert metrics["missing"] == 100 and metrics["invalid"] == 10 and metrics["rejected"] == 2
    for own in troubled.statistics:
        jitter = own.jitter.triggers
        row = found.rows(own.stream.name)[0]
        assert row[0] == str(own.samples)
        numbers = (jitter.quantile_ns(0.5), jitter.quantile_ns(0.99), jitter.max_ns)
        assert row[3:6] == ([micros(ns) for ns in numbers] if jitter.count else ["-"] * 3)
        for known, channel in zip(own.channels, own.stream.channels, strict=True):
            values = (known.mean, known.deviation, known.least, known.greatest)
            numbers = [fixed(value, decimals(known, channel)) for value in values] if known.count else ["-"] * 4
            assert [known.unit, str(known.count), *numbers] in [row[:6] for row in found.rows(known.name)]
    outside = troubled.statistics[2].channels[1].outside
    row = next(row for row in found.rows("pressure") if row[0] == "Pa")
    assert outside["watch"] > outside["critical"] > 0
    assert row[6:] == [str(outside["watch"]), "-", str(outside["critical"])]
    arrived = [str(own.samples) if own.samples else "·" for own in troubled.statistics]
    assert found.rows("= samples") == [[*arrived, "all that arrived, as above"]]
    assert [row[-1] for label in ("- overruns", "- dropped", "- lost") for row in found.rows(label)] == [
        "not read in time", "on the board, as the link was full", "on the way to the host"
    ]  # fmt: skip


def test_places_of_loss_events_and_rejects_are_told(html, troubled):
    found = Page(html)
    assert ["100", "1900", "1", fixed(troubled.statistics[0].losses.first[0].until_ns / 1e9, 6)] in found.rows("vibration")
    assert "sensor climate has stopped answering, 4 bus errors so far in climate" in found.texts("td")
    assert found.texts("td").count("the board has booted again") == 1
    assert found.rows("crc") == [["2", "12"]]
    assert any("/dev/ttyACM0" in text for text in found.texts("td"))
    assert troubled.decoder.definition.text in found.texts("pre")


def test_losses_of_every_stream_are_shown_in_time_order_however_large_those_of_another_are(bench):
    summary, wire, shown = Summary(bench), b"\0", []
    sizes = [100 + n for n in range(15)]  # of gaps of the first stream, in each of two boots; only the 20 largest are kept
    for boot in range(2):
        wire += packets.boot(bench, boot + 1)
        index = 0
        for n, size in enumerate(sizes):
            if n >= 5:
                shown.append([str(size), str(index), str(boot), f"{(1000 + 1000 * (index + size)) / 1e6:.6f}"])
            index += size
            wire += packets.samples(bench.streams[0], index, 2, 1000 + 1000 * index, n)
            index += 2
    wire += packets.samples(bench.streams[1], 1, 2, 7000)
    summary.feed(wire)
    found = Page(page([RunReport("a.mcap", summary)]))
    first, second = (found.rows(stream.name)[1:] for stream in bench.streams[:2])
    rest = "and 1020 samples in 10 other places, each no larger"
    assert first[: len(shown) + 1] == [*shown, [rest]]
    assert second[0] == ["1", "0", "1", "0.007000"]


def test_texts_of_a_run_are_never_markup(troubled):
    evil = "<script>alert(1)</script>&amp;\"'"
    gap = LinkGap(0, 2_500_000_000, evil)
    html = page([RunReport(evil, troubled, {"note": evil, evil: evil}, evil, (gap,))])
    assert "<script" not in html
    texts = [element["text"] for element in Page(html).elements if element["tag"] in ("h1", "p", "td", "th", "title")]
    assert sum(evil in text for text in texts) >= 6
    assert f"Link lost: {evil}; back after 2.500 s" in texts


def test_runs_are_one_after_the_other_with_links_to_each(troubled, climate):
    silent = Summary(climate)
    found = Page(page([RunReport("a.mcap", troubled), RunReport("b.mcap", silent)]))
    names = [element["attributes"]["id"] for element in found.elements if "id" in element["attributes"]]
    assert len(names) == len(set(names))
    links = [element["attributes"]["href"] for element in found.elements if element["tag"] == "a"]
    assert len(links) == 2 and {link[1:] for link in links} <= set(names)
    assert found.texts("h1") == [f"{troubled.verdict} · a.mcap", f"{silent.verdict} · b.mcap"]


def test_page_of_a_sound_run_is_not_bad(bench):
    wire = b"\0" + packets.boot(bench) + packets.ledger(bench, 0, 1, 5) + packets.ledger(bench, 1, 2, 5)
    wire += packets.board(bench, 1, 3, 5, 3)
    for n in range(3):
        wire += packets.samples(bench.streams[0], 10 * n, 10, 1000 + 10_000 * n, n)
        wire += packets.samples(bench.streams[1], 3 * n, 3, 1000 + 60_000 * n, n)
    counts = {"seen": 30, "taken": 30, "framed": 30, "samples_sent": 30, "packets_sent": 3}
    wire += packets.ledger(bench, 0, 4, 300_000, **counts)
    counts = {"seen": 9, "taken": 9, "framed": 9, "samples_sent": 9, "packets_sent": 3}
    wire += packets.ledger(bench, 1, 5, 300_000, **counts) + packets.board(bench, 1, 6, 300_000, built=6)
    summary = Summary(bench)
    summary.feed(wire)
    found = Page(page([RunReport("a.mcap", summary)]))
    assert summary.verdict == "OK"
    assert next(element for element in found.elements if element["tag"] == "header")["attributes"] == {}
    assert "Ledger closes, difference 0." in found.texts("p")
    assert "vibration: 2 intervals between packets, all within a microsecond of the period." in found.texts("p")


def test_page_stays_small_however_long_the_run_and_still_shows_a_single_peak(climate):
    light = climate.stream("light")
    summary, wire = Summary(climate), b"\0" + packets.boot(climate)
    for n in range(4000):  # 11 hours of a packet every ten seconds
        word = 4095 if n == 2345 else 100 + n * 7919 % 50
        samples = [bytes(4) + word.to_bytes(2, "little")]
        wire += packets.given(light, 500 * n, samples, 1000 + 10_000_000 * n, n)
    summary.feed_many([(None, wire)])
    html = page([RunReport("long.mcap", summary)])
    (plot,) = [svg for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL) if "light.light over time" in svg]
    assert len(plot) < 40_000
    height = float(ET.fromstring(plot).get("viewBox").split()[3])
    ys = [float(y) for path in ET.fromstring(plot).iter("path") for _, y in re.findall(r"([\d.]+),([\d.]+)", path.get("d"))]
    assert min(ys) < 0.15 * height and sorted(ys)[10] > 0.7 * height


@pytest.mark.parametrize("values, nominal, lines", [([10**6, 0, 20_000], "1", 1), ([20_000, 1, 20_000], "50", 4)])
def test_rates_are_those_that_are_set_and_samples_at_them_are_joined(values, nominal, lines):
    """Eight samples a second apart: at 1 Hz they are a line, at 50 Hz there is a line for the two of each packet at most."""
    definition = settable(climate_definition())
    temperature = definition.stream("temperature")
    wire = b"\0" + packets.boot(definition) + packets.settings(definition, values, 1, 10)
    wire += b"".join(packets.samples(temperature, 2 * n, 2, 10**6 * (1 + 2 * n), n) for n in range(4))
    summary = Summary(definition)
    summary.feed(wire)
    html = page([RunReport("a.mcap", summary)])
    cells = {name: Page(html).rows(name)[0] for name in ("temperature", "climate", "light")}
    assert {name: row[2] for name, row in cells.items()} == {
        "temperature": nominal, "climate": "50" if values[1] else "off", "light": "50",
    }  # fmt: skip
    (plot,) = [svg for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL) if "temperature.temperature over time" in svg]
    bands = [path for path in ET.fromstring(plot).iter("path") if path.get("class") == "band"]
    assert len(bands) == lines

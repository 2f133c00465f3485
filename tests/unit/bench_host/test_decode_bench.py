"""The decoder bench, tiny: every decoder is the same, one that is not is refused, and the tables say what was measured."""

import json
import sys

import numpy as np
import pytest
from bench.host import decode, ours, paths
from bench.host.aims import judged
from bench.host.columns import Columns, NotTheSame
from bench.host.decode import BAD, CASES, MAIN, OURS, PEERS, Case, Decoder, Job, jobs, live, measure, results
from bench.host.payload import definition
from bench.host.words import ADC, UNI

from freefall.decode import Decoder as Ours
from freefall.decode import accelerator, bulk

SIZE = 600_000


@pytest.mark.parametrize("case", [BAD, Case(248, UNI), Case(64, ADC), Case(32, ADC, 1e-3)], ids=str)
def test_all_decoders_deliver_what_was_sent_and_arrived_whole(case):
    names = [job.name for job in jobs(case, SIZE, 1, OURS + PEERS)]
    assert names == [decoder.name for decoder in OURS + PEERS] + ["zlib.crc32", "memcpy"]


class Tampered(ours.InBulk):
    """Delivers something else of its second stream."""

    def __init__(self, definition, tamper):
        super().__init__(definition)
        self._tamper = tamper

    def __call__(self, wire):
        first, second, *rest = super().__call__(wire)
        return [first, self._tamper(second), *rest]


def without_a_packet(columns):
    at, last = int(columns.count[:3].sum()), int(columns.count[3])
    words = np.delete(columns.words, np.arange(at, at + last))
    return Columns(words, *(np.delete(getattr(columns, name), 3) for name in ("index", "time_ns", "count")))


def with_two_words_changed_so_that_sums_are_right(columns):
    words = columns.words.copy()
    words[7] += 1
    words[8] -= 1
    return Columns(words, columns.index, columns.time_ns, columns.count)


def in_the_other_byte_order(columns):
    word = columns.words.dtype
    return Columns(columns.words.astype(word.newbyteorder()), columns.index, columns.time_ns, columns.count)


WRONGS = {
    "sums": without_a_packet,
    "not in their places": with_two_words_changed_so_that_sums_are_right,
    "words are": in_the_other_byte_order,
}


@pytest.mark.parametrize("said", WRONGS)
def test_a_decoder_that_delivers_something_else_is_refused(said):
    wrong = Decoder("wrong", lambda definition: Tampered(definition, WRONGS[said]))
    with pytest.raises(NotTheSame, match=f"wrong, 64-octet packets, adc, u16: .*{said}"):
        list(jobs(Case(64, ADC), 100_000, 1, (wrong,)))


def test_every_job_has_its_turn_in_every_round():
    ran = []
    every = [Job("case", name, lambda name=name: ran.append(name), 10) for name in "abc"]
    seconds = measure(every, 5, 1, lambda state: None)
    assert [len(times) for times in seconds.values()] == [5, 5, 5]
    assert all(sorted(ran[at : at + 3]) == ["a", "b", "c"] for at in range(0, 15, 3))
    assert len({tuple(ran[at : at + 3]) for at in range(0, 15, 3)}) > 1


def test_results_are_medians_as_rates_and_of_the_live_feed_as_microseconds():
    seconds = {Job("octets", "one", None, 3_000_000): [1.0, 9.0, 0.5], Job("live, so", "feed", None, 1000): [0.002, 0.001, 0.004]}
    assert results(seconds) == {"octets": {"one": 3.0}, "live, so": {"feed": 2.0}}


def test_aims_are_met_missed_or_absent():
    names = ["ours, in bulk", *(decoder.name for decoder in PEERS), "zlib.crc32", "memcpy"]
    found = {str(case): dict.fromkeys(names, 100.0) for case in CASES}
    found[str(MAIN)]["ours, in bulk"] = 400.0
    found[str(BAD)]["ours, in bulk"] = 259.0
    live_feed = found["live, pieces of 64 octets"] = {"ours, feed": 1.6}
    verdicts = [line.split()[0] for line in judged(found)]
    assert verdicts == ["met", "MISSED", "MISSED", "met", "absent", "absent", "absent"]
    found[str(MAIN)] |= {"ours, in bulk in C": 1800.0, "zlib.crc32": 7300.0}
    live_feed["ours, feed in C"] = 0.2
    assert [line.split()[0] for line in judged(found)][4:] == ["met", "MISSED", "met"]


def test_the_row_in_c_is_there_when_the_accelerator_is():
    assert ("ours, in bulk in C" in [decoder.name for decoder in OURS]) == accelerator.active()


def test_each_way_is_the_one_that_was_asked_for():
    for way in paths.ALL:
        with way.taken():
            assert bulk.deframe is way.deframe and Ours(definition(64))._frames._judge is way.judge


def test_bench_prints_tables_or_json(monkeypatch, capsys):
    monkeypatch.setattr(decode, "CASES", (MAIN, BAD))
    monkeypatch.setattr(decode, "LIVE", 100_000)
    for arguments in ([], ["--json"]):
        monkeypatch.setattr(sys, "argv", ["decode", "--size", "0.3MB", "--rounds", "1", *arguments])
        decode.main()
    text, _, last = capsys.readouterr().out.rpartition("{\"size\"")
    found = json.loads("{\"size\"" + last)
    assert list(found["results"]) == ["live, pieces of 64 octets", str(MAIN), str(BAD)]
    assert len(found["aims"]) == 7 and all(len(row["seconds"]) == 1 for row in found["rounds"])
    for line in ("us/piece", "% of crc32", "ours, in bulk", "cobs + crc32 -> ccsdspy", "wanted >= 4"):
        assert line in text


def test_live_feed_is_of_pieces_of_64_octets(monkeypatch):
    monkeypatch.setattr(decode, "LIVE", 100_000)
    amounts = {job.name: job.amount for job in live(1)}
    assert list(amounts)[:2] == ["ours, feed", "ours, feed_many of 4 KiB"]
    assert len(amounts) == (4 if accelerator.active() else 2)
    # Whole sets of packets and reports: more than was asked for.
    assert len(set(amounts.values())) == 1 and amounts["ours, feed"] * 64 > 250_000

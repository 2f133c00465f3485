"""The fault bench's own judge: every kind of wrong that a decoder could do ends it."""

from dataclasses import replace

import numpy as np
import pytest
from bench.host import verdict
from bench.host.damage import Edits, Flips, Overwrites, cuts, drops, repeats, swaps
from bench.host.faults import Episode, InBulk, PerFrame, Tally, as_text
from bench.host.heard import Heard
from bench.host.scenarios import SCENARIOS
from bench.host.verdict import Wrong
from bench.host.words import ADC

SCENARIO = {scenario.name: scenario for scenario in SCENARIOS}


def episode(name, frames=2500):
    return Episode(SCENARIO[name], ADC, frames, seed=5, number=1)


class Tampered(InBulk):
    """Delivers the packets of its first stream otherwise than its decoder did."""

    def __init__(self, definition, tamper):
        super().__init__(definition)
        self._tamper = tamper

    def heard(self):
        first, *rest = super().heard()
        return [self._tamper(first), *rest]


def changed(name, at, by):
    """One number of one packet is another."""

    def tamper(heard):
        column = heard.packets[name].copy()
        column[at] += by
        return replace(heard, packets=heard.packets | {name: column})

    return tamper


def rows(choose):
    """Other packets: choose(k) are their numbers."""

    def tamper(heard):
        chosen = choose(len(heard.packets["index"]))
        count = heard.packets["count"]
        begin = np.cumsum(count) - count
        samples = np.concatenate([np.arange(begin[at], begin[at] + count[at]) for at in chosen])
        return Heard({name: column[chosen] for name, column in heard.packets.items()}, heard.raw[samples])

    return tamper


def octet(heard):
    raw = heard.raw.copy()
    raw[100, 0] ^= 1
    return replace(heard, raw=raw)


WRONGS = {
    "a bit of a sample": octet,
    "an index": changed("index", 9, 1),
    "a time": changed("time_ns", 9, 1000),
    "a count": changed("count", 9, -1),
    "a boot": changed("boot", 9, 1),
    "a gap that is none": changed("missing", 9, 1),
    "a gap too large before the first": changed("missing", 0, 1),
    "a host time": changed("host_ns", 9, 1),
    "a packet left out": rows(lambda k: np.delete(np.arange(k), 40)),
    "the last packet left out": rows(lambda k: np.arange(k - 1)),
    "a packet twice": rows(lambda k: np.insert(np.arange(k), 40, 40)),
    "two packets in each other's place": rows(lambda k: np.r_[:40, 41, 40, 42:k]),
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_judge_refuses(wrong):
    episode("bit errors").run([InBulk])
    with pytest.raises(Wrong, match="bit errors, adc, seed 5, episode 1: "):
        episode("bit errors").run([lambda definition: Tampered(definition, WRONGS[wrong])])


# A host time and an order are told where order is kept; what has no right order has no right boots either.
@pytest.mark.parametrize("wrong", sorted(WRONGS.keys() - {"a boot", "a host time", "a gap too large before the first"}))
def test_judge_refuses_where_order_is_not_kept(wrong):
    episode("reordering").run([InBulk])
    with pytest.raises(Wrong):
        episode("reordering").run([lambda definition: Tampered(definition, WRONGS[wrong])])


class WithOneMore(InBulk):
    """Is fed a delimiter more at the end of each batch."""

    def feed(self, pieces):
        super().feed([*pieces, (0, b"\0")])


class WithMoreIdle(InBulk):
    """Is fed a delimiter more, where one more means nothing."""

    def feed(self, pieces):
        super().feed([(host, octets.replace(b"\0", b"\0\0", 1)) for host, octets in pieces])


@pytest.mark.parametrize("kind", [WithOneMore, WithMoreIdle])
def test_judge_refuses_octets_that_were_not_fed(kind):
    with pytest.raises(Wrong, match="octets fed"):
        episode("clean").run([kind])


def test_judge_refuses_a_ledger_that_lost_other_than_was_lost(monkeypatch):
    honest = verdict.Arrivals

    class OneMore(honest):
        """As if the last report had told of one sample more."""

        def __init__(self, sent, wire):
            super().__init__(sent, wire)
            report = replace(sent.ledgers[-1], samples_sent=sent.ledgers[-1].samples_sent + 1)
            object.__setattr__(sent, "ledgers", (*sent.ledgers[:-1], report))

    monkeypatch.setattr("bench.host.faults.Arrivals", OneMore)
    with pytest.raises(Wrong, match="lost"):
        episode("bit errors").run([InBulk])


def test_judge_says_whether_a_packet_that_nobody_sent_is_chance_or_a_fault(monkeypatch):
    honest = verdict.Arrivals

    class Forgetful(honest):
        """As if a frame that arrived had not been sent: of one with a right CRC the oracle says that it may be taken."""

        def __init__(self, sent, wire):
            super().__init__(sent, wire)
            self.damaged.append(wire.split(b"\0")[5])
            self.frames = self.frames[:-1]

    monkeypatch.setattr("bench.host.faults.Arrivals", Forgetful)
    with pytest.raises(Wrong, match="1 frames accepted that nobody sent; the oracle takes .* too: chance"):
        episode("clean").run([InBulk])

    class Blind(honest):
        """As if the decoder took one that is damaged."""

        def __init__(self, sent, wire):
            super().__init__(sent, wire)
            self.damaged.append(wire.split(b"\0")[5][:-1])
            self.frames = self.frames[:-1]

    monkeypatch.setattr("bench.host.faults.Arrivals", Blind)
    with pytest.raises(Wrong, match="the oracle takes none: a fault"):
        episode("clean").run([InBulk])


@pytest.mark.parametrize("scenario", SCENARIO)
def test_both_paths_make_the_same_of_every_scenario(scenario):
    tally = episode(scenario, 6000).run([InBulk, PerFrame])
    assert tally.frames_sent >= 6000 and tally.passed == tally.samples + tally.missing
    assert episode(scenario, 6000).run([InBulk]) == tally


def test_paths_that_do_not_agree_are_told():
    for tamper in (octet, changed("period_ns", 3, 0.5)):
        with pytest.raises(Wrong, match="do not agree|octets of samples"):
            episode("clean").run([InBulk, lambda payload, tamper=tamper: Tampered(payload, tamper)])


@pytest.mark.parametrize("damage", [Flips(0.01), Overwrites(0.01), drops(0.01), cuts(1e-3), repeats(1e-3), swaps(1e-3)])
def test_damage_is_as_frequent_as_asked_and_leaves_what_was_sent_as_it_was(damage):
    octets = np.arange(1, 200_001).astype(np.uint8)
    before = octets.copy()
    struck = damage.strike(octets, np.random.default_rng(3))
    assert np.array_equal(octets, before)
    if isinstance(damage, Edits):
        lost = len(octets) - len(struck)
        if damage.longest == 1:
            assert 1500 < lost < 2500
        elif damage.keeps_order:
            assert 50_000 < abs(lost) < 150_000
        else:
            assert lost == 0 and not np.array_equal(struck, octets) and np.array_equal(np.sort(struck), np.sort(octets))
    else:
        changes = struck[: len(octets)] != octets
        assert len(struck) == len(octets) and 1500 < changes.sum() < 2500
        if isinstance(damage, Flips):
            assert set(np.unique(struck ^ octets)) <= {0, 1, 2, 4, 8, 16, 32, 64, 128}


def test_table_has_a_row_for_every_scenario_and_one_for_all():
    lines = as_text({"one": Tally(octets=5), "two": Tally(octets=37)}).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["one", "two", "all"]
    assert lines[-1].split()[1] == "42"


"""The replay bench, tiny: the reader's clock against the player's, and every judgement that can fail."""

import json
import sys

import pytest
from bench.host import replay


def test_a_reader_gets_the_recorded_octets_and_none_before_it_is_due():
    real = replay.in_real_time(0.01, seed=3)
    assert real["identical"] and real["blocks"] > 30
    assert 0.58 < real["due_s"] <= 0.616
    assert 0 <= real["seen_ms"]["least"] <= real["seen_ms"]["p50"] <= real["seen_ms"]["p99"] <= real["seen_ms"]["max"]
    # The player is done with the last block when it has written it; the reader then still has to wake.
    assert 0 <= real["ended_late_ms"] < 500 and real["seen_ms"]["last"] > 0
    assert replay.failures(real | {"ended_late_ms": 1.0}, []) == []


def test_both_ways_through_a_pipe_are_measured(monkeypatch, capsys):
    monkeypatch.setattr(replay, "_through_pty", replay._through_pipe)  # which rests for seconds
    monkeypatch.setattr(sys, "argv", ["replay", "--minutes", "0", "--megabytes", "0.2", "--rounds", "1", "--json"])
    replay.main()
    rows = json.loads(capsys.readouterr().out)["top_speed"]
    assert [(row["link"], row["block"]) for row in rows] == [("pipe", 135), ("pty", 135), ("pipe", 4096), ("pty", 4096)]
    assert all(row["ratio"] == pytest.approx(row["mb_per_s"]["ours"] / row["mb_per_s"]["plain"]) for row in rows)


@pytest.mark.parametrize(
    ("real", "ratio", "said"),
    [
        ({"identical": False, "ended_late_ms": 0}, 1, "other octets"),
        ({"identical": True, "ended_late_ms": 5.1}, 1, "ended 5.1 ms late"),
        ({"identical": True, "ended_late_ms": 0}, 0.89, "pipe, blocks of 135: 0.89"),
    ],
)
def test_what_is_not_as_it_must_be_is_named(real, ratio, said):
    (sentence,) = replay.failures(real, [{"link": "pipe", "block": 135, "ratio": ratio}])
    assert said in sentence

"""Bad links by the million frames: never a wrong value, only counted missing ones. What is verified: bench/host/verdict.py."""

import os

from bench.host.faults import PER_FRAME_EVERY, Tally, episodes, measure
from bench.host.scenarios import SCENARIOS

FRAMES = 10_000_000


def test_decoder_takes_no_wrong_value_from_bad_links_in_ten_million_frames():
    tallies = measure(FRAMES, seed=1, workers=os.cpu_count())
    assert list(tallies) == [scenario.name for scenario in SCENARIOS]
    for tally in tallies.values():
        assert tally.frames_sent >= FRAMES / len(SCENARIOS)
        # Between the first and the last sample received of each boot every index is a sample verified, or counted as missing.
        assert tally.passed == tally.samples + tally.missing
    # Each link was bad in its own way, and but for that all was right.
    clean, reordered = tallies.pop("clean"), tallies.pop("reordering")
    assert (clean.rejected, clean.lost, clean.frames_arrived) == (0, 0, clean.frames_sent)
    assert reordered.boots > 500  # an index that goes back is a reboot: DESIGN and Decoder know links that keep order
    for name, tally in tallies.items():
        assert tally.rejected > 100 and (tally.lost > 10_000 or name in ("duplicates", "everything")), name
    assert tallies["duplicates"].duplicates > 5000
    assert tallies["reboots"].boots > 50 and tallies["clock jumps"].boots > 50
    assert sum(tallies.values(), Tally()).samples > 200_000_000


def test_every_kind_of_bad_link_is_fed_per_frame_too():
    fed = {episode.scenario.name for episode in episodes(FRAMES, seed=1) if episode.number % PER_FRAME_EVERY == 0}
    assert len(fed) >= len(SCENARIOS) - 1

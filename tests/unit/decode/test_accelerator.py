"""The accelerator: when it is used, how it is built, and that it writes nowhere but where it may."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from freefall.decode import accelerator, bulk
from freefall.decode.deframe import deframe
from freefall.decode.native import build
from unit.decode import packets
from unit.decode.accelerated import built, in_c, with_tables
from unit.decode.fake_board import bench_definition

__all__ = ["in_c", "with_tables"]
LAYOUT = (248, 10, 23)


def said(code: str, **environment: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | environment).stdout.strip()


def test_accelerator_is_used_where_it_was_built(in_c):
    assert bulk.deframe is accelerator.deframe_in_c


@pytest.mark.parametrize(("switch", "used"), [("0", "False"), ("1", "True")])
def test_environment_switches_the_accelerator_off(in_c, switch, used):
    code = "from freefall.decode import accelerator as a, bulk; print(a.active(), bulk.deframe is a.deframe_in_c)"
    # An installed freefall and one that is tested from its tree are found alike.
    found = said(code, FREEFALL_ACCELERATOR=switch, PYTHONPATH=os.pathsep.join(sys.path))
    assert found == f"{used} {used}"


def test_accelerator_of_other_sources_is_not_used(in_c, monkeypatch):
    assert accelerator.active()
    monkeypatch.setattr(accelerator, "digest", lambda: "0123456789abcdef")
    assert accelerator._built() is None


def test_build_without_a_compiler_says_so_and_leaves_none(tmp_path, monkeypatch):
    artifact = tmp_path / "old.so"
    artifact.touch()
    monkeypatch.setattr(build, "compiler", lambda: None)
    with pytest.raises(build.NotBuilt, match="no C compiler"):
        build.build(artifact)
    assert list(tmp_path.iterdir()) == []


def test_build_says_in_one_line_what_the_compiler_refused(in_c, tmp_path):
    with pytest.raises(build.NotBuilt, match="refuses: .*nowhere.h") as refused:
        build.build(tmp_path / "new.so", (*build.FLAGS, "-include", "nowhere.h"))
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_build_takes_the_compiler_that_the_environment_names(monkeypatch):
    monkeypatch.setenv("CC", f"{sys.executable} -I")
    assert build.compiler()[:2] == [sys.executable, "-I"]


def test_build_has_no_warnings(in_c, tmp_path):
    made = built(tmp_path / build.ARTIFACT.name, "-Wall", "-Wextra", "-Werror")
    assert build.digest() == made.SOURCE


@pytest.mark.parametrize(
    "layout", [(21, 1, 1), (16, 1, 1), (252, 1, 1), (248, 0, 1), (248, 10, 24), (248, 1, 2**62), (24, -1, 1)], ids=str
)
def test_stream_that_cannot_be_is_refused(in_c, layout):
    with pytest.raises(ValueError, match="no stream has"):
        accelerator._NATIVE.count(b"\0", 1, [layout])


@pytest.mark.parametrize(
    ("room", "columns", "samples", "error"),
    [
        (2, np.empty((5, 1), np.int64), np.empty(460, np.uint8), "80 are to be filled"),
        (1, np.empty((5, 1), np.int64), np.empty(229, np.uint8), "230 are to be filled"),
        (1, np.empty(41, np.uint8)[1:], np.empty(230, np.uint8), "40 are to be filled"),
        (1, bytes(40), np.empty(230, np.uint8), "not writable"),
        (2**60, np.empty(1), np.empty(1), "no room"),
        (-1, np.empty(1), np.empty(1), "no room"),
    ],
)
def test_arrays_that_are_too_small_or_not_to_be_written_are_refused(in_c, room, columns, samples, error):
    with pytest.raises((ValueError, BufferError), match=error):
        accelerator._NATIVE.deframe(b"\0", 1, [LAYOUT], [(room, columns, samples)])


def test_packets_for_which_there_is_no_room_are_told(in_c):
    bench = bench_definition(32)
    stream = bench.streams[0]
    octets = packets.samples(stream, 0, 1, 1000)
    assert len(deframe(octets, bench).streams[0].ends) == 1
    layouts = [(s.packet_len, s.sample_len, s.samples_per_packet) for s in bench.streams]
    nothing = [(0, np.empty((5, 0), np.int64), np.empty(0, np.uint8))] * len(layouts)
    assert accelerator._NATIVE.deframe(octets, bench.apid, layouts, nothing) is None


@pytest.mark.parametrize(("idle", "counted"), [(0, ["part"]), (100_000, ["part", "all"])], ids=["steady", "silent at first"])
def test_of_many_octets_a_part_is_counted_and_all_where_it_misleads(in_c, monkeypatch, idle, counted):
    bench = bench_definition(32)
    stream = bench.streams[0]
    samples = b"".join(packets.samples(stream, number * 10, 10, number) for number in range(256))
    octets = bytes(idle) + samples * (accelerator._MANY // len(samples) + 1)
    count, native = [], accelerator._NATIVE
    spy = SimpleNamespace(
        deframe=native.deframe,
        count=lambda given, *rest: count.append("all" if len(given) == len(octets) else "part") or native.count(given, *rest),
    )
    monkeypatch.setattr(accelerator, "_NATIVE", spy)
    found, right = accelerator.deframe_in_c(octets, bench), deframe(octets, bench)
    assert count == counted
    assert found.idle == right.idle == idle
    assert np.array_equal(found.streams[0].ends, right.streams[0].ends) and len(right.streams[0].ends) > 1000
    assert np.array_equal(found.streams[0].samples, right.streams[0].samples)

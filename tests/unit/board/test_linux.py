"""The firmware on this computer, over smbus2 and a fake kernel: what the models gave is what the host decodes, faults and all."""

import errno
import json
import sys
from pathlib import Path
from time import sleep
from types import ModuleType

import pytest

from fake_linux.bench import MS, LinuxBench
from fake_linux.i2c import Adapter, FakeI2C
from fake_linux.time import SimulatedTime
from freefall.board.linux import LinuxBoard
from freefall.board.linux_devices import check_devices, devices_of
from freefall.board.simulated import attach_models
from freefall.decode import BootEvent, SensorEvent
from freefall.definition import load_definition, parse_definition
from freefall.errors import BoardError, DeviceError, MissingExtra
from freefall_wire import frame, telecommands

_DEFS = Path(__file__).parents[3] / "payload_defs"
_STREAMS = {"temperature": 0, "atmosphere": 1, "optical_density": 2}

_FAST = """
[payload]
name = "fast"
apid = 64
[link]
transport = "usb"
[bus.i2c1]
kind = "i2c"
scl = 7
sda = 6
freq_hz = 400000
[sensor.air]
driver = "tmp117"
bus = "i2c1"
address = 0x48
averages = 1
[sensor.wall]
driver = "tmp117"
bus = "i2c1"
address = 0x49
averages = 1
[stream.air]
sensor = "air"
trigger = "periodic"
rate_hz = 50.0
[stream.wall]
sensor = "wall"
trigger = "periodic"
rate_hz = 20.0
"""


@pytest.fixture
def culture():
    return load_definition(_DEFS / "cell_culture")


@pytest.fixture
def fast():
    return parse_definition(_FAST, "fast.toml")


def test_every_sample_is_what_the_part_gave_and_the_ledger_closes(culture, monkeypatch, tmp_path):
    with LinuxBench(culture, monkeypatch, tmp_path) as bench:
        bench.run(16_000 * MS).leave()
    assert bench.decoder.ledger.closed, bench.decoder.ledger.reasons
    for stream, sensor in _STREAMS.items():
        samples, given = bench.samples(stream), [read.raw for read in bench.models[sensor].read_out]
        totals = bench.totals(stream)
        assert samples == given[-len(samples) :]
        assert len(samples) == totals.seen == totals.taken == totals.received > 0
        assert totals.lost == totals.late == totals.overruns == totals.bus_errors == 0
    assert [len(bench.samples(stream)) for stream in _STREAMS] == [14, 2, 29]


def test_samples_are_dated_by_the_ticks_of_absolute_deadlines(fast, monkeypatch, tmp_path):
    with LinuxBench(fast, monkeypatch, tmp_path) as bench:
        bench.run(3_000 * MS).leave()
    times = bench.collector.table("air").time_ns
    assert len(times) > 100
    # A neighbour's read may be under way when a tick is due, and takes a tenth of a millisecond.
    assert all(abs(later - earlier - 20 * MS) <= MS for earlier, later in zip(times, times[1:], strict=False))
    assert abs(times[-1] - times[0] - (len(times) - 1) * 20 * MS) <= MS


def test_a_loop_that_was_late_is_counted_late_and_loses_ticks_not_truth(fast, monkeypatch, tmp_path):
    with LinuxBench(fast, monkeypatch, tmp_path) as bench:
        bench.run(1_000 * MS)
        before = bench.totals("air")
        bench.time.take(70 * MS)  # the computer does something else
        bench.run(1_000 * MS).leave()
    after = bench.totals("air")
    assert before.late == 0 and after.late == 1
    assert bench.decoder.ledger.closed and after.lost == 0
    times = bench.collector.table("air").time_ns
    gaps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    assert max(gaps) >= 70 * MS and sorted(gaps)[-2] <= 21 * MS  # it is dated when it was taken, and the next are on time again
    assert bench.samples("air") == [read.raw for read in bench.models[0].read_out][-len(times) :]


@pytest.mark.parametrize("nak", [errno.ENXIO, errno.EREMOTEIO])
def test_part_that_answers_no_more_costs_its_own_samples(fast, monkeypatch, tmp_path, nak):
    with LinuxBench(fast, monkeypatch, tmp_path, nak=nak) as bench:
        bench.run(1_000 * MS)
        bench.models[0].fail_next(4)
        bench.run(1_000 * MS).leave()
    assert bench.totals("air").bus_errors == bench.totals("air").gaps == 4
    assert bench.totals("wall").bus_errors == 0
    assert [event.kind for event in bench.of(SensorEvent)] == ["stopped", "back"]
    assert bench.decoder.ledger.closed


def test_part_that_holds_the_clock_is_given_up_by_the_kernel_after_the_timeout_of_the_plan(fast, monkeypatch, tmp_path):
    with LinuxBench(fast, monkeypatch, tmp_path) as bench:
        bench.run(1_000 * MS)
        assert bench.adapters[1].timeout_ns == 10 * MS  # the plan's 1 ms, in units of 10
        bench.models[0].hung = True
        begun = bench.adapters[1].transfers
        bench.run(100 * MS)
        bench.models[0].hung = False
        assert bench.adapters[1].transfers > begun
        bench.run(1_000 * MS).leave()
    assert bench.totals("air").bus_errors == 5
    assert bench.decoder.ledger.closed


def test_sensor_absent_at_start_is_an_event_and_the_others_run(culture, monkeypatch, tmp_path):
    with LinuxBench(culture, monkeypatch, tmp_path) as bench:
        bench.models[1].absent = True
        bench.run(5_000 * MS).leave()
    assert [event.kind for event in bench.of(SensorEvent)] == ["absent"]
    assert bench.totals("atmosphere").seen == 0 and bench.totals("temperature").seen > 0
    assert bench.decoder.ledger.closed


def test_boots_are_numbered_across_runs(fast, monkeypatch, tmp_path):
    for number in (1, 2, 3):
        with LinuxBench(fast, monkeypatch, tmp_path / "state") as bench:
            bench.run(100 * MS).leave()
        assert [event.boot_count for event in bench.of(BootEvent)] == [number]
    (tmp_path / "state" / "boot_count").write_text("damaged")
    with LinuxBench(fast, monkeypatch, tmp_path / "state") as bench:
        bench.run(100 * MS)
    assert bench.of(BootEvent)[0].boot_count == 1


def test_telecommand_to_restart_is_another_boot_and_no_sample_is_lost(fast, monkeypatch, tmp_path):
    with LinuxBench(fast, monkeypatch, tmp_path) as bench:
        bench.run(1_000 * MS)
        restart = telecommands.telecommand(64, 0, telecommands.FUNCTIONS, telecommands.PERFORM, bytes((telecommands.RESTART,)))
        bench.board.send(b"\0" + frame.encode(restart) + b"\0")
        bench.run(1_000 * MS).leave()
    assert [event.boot_count for event in bench.of(BootEvent)] == [1, 2]
    assert bench.decoder.ledger.closed and bench.decoder.ledger.lost == 0


def test_rate_that_is_set_is_kept_across_runs(monkeypatch, tmp_path):
    definition = parse_definition(_FAST + "[stream.air.adjustable]\nrate_hz = [10.0, 60.0]\n", "fast.toml")
    with LinuxBench(definition, monkeypatch, tmp_path) as bench:
        bench.run(500 * MS)
        values = telecommands.set_values([(0, 100_000)])  # a period, in us
        command = telecommands.telecommand(64, 0, telecommands.PARAMETERS, telecommands.SET_VALUES, values)
        bench.board.send(b"\0" + frame.encode(command) + b"\0")
        bench.run(500 * MS).leave()
    with LinuxBench(definition, monkeypatch, tmp_path) as again:
        again.run(2_000 * MS).leave()
    assert [event.boot_count for event in bench.of(BootEvent) + again.of(BootEvent)] == [1, 2, 3]
    times = again.collector.table("air").time_ns
    assert {round((later - earlier) / MS) for earlier, later in zip(times, times[1:], strict=False)} == {100}


def test_payload_that_hangs_is_ended_by_its_watchdog(monkeypatch, tmp_path):
    # By the computer's own time: so long that a busy one does not bite before it is to.
    definition = parse_definition(_FAST + "[watchdog]\ntimeout_ms = 2000\n", "fast.toml")
    with LinuxBench(definition, monkeypatch, tmp_path) as bench:
        bench.run(100 * MS)
        monkeypatch.setattr(bench.time, "wait", lambda files, duration_ns: sleep(5))
        with pytest.raises(BoardError, match="the watchdog of 2000 ms expired"):
            bench.run(100 * MS)


def test_payload_that_was_told_to_end_stays_ended(fast, monkeypatch, tmp_path):
    with LinuxBench(fast, monkeypatch, tmp_path) as bench:
        bench.run(100 * MS).leave()
        assert not bench.board.running
        assert bench.board.advance(100 * MS) == b""


def test_payload_that_does_not_end_is_told(fast, monkeypatch, tmp_path):
    with LinuxBench(fast, monkeypatch, tmp_path) as bench:
        bench.run(100 * MS)
        monkeypatch.setattr(bench.board, "send", lambda octets: None)
        with pytest.raises(BoardError, match="did not end within 3 s"):
            bench.board.leave()


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        ({"forbidden": True}, r"you may not use /dev/i2c-1, which i2c1 needs: sudo usermod -aG i2c \w+, then log in again"),
        ({"functions": 0x10000}, "/dev/i2c-1, which i2c1 needs, cannot be used: the adapter makes SMBus transfers only"),
    ],
)
def test_adapter_that_cannot_be_used_is_told_before_anything_starts(fast, monkeypatch, tmp_path, adapter, said):
    with pytest.raises(DeviceError, match=said):
        LinuxBench(fast, monkeypatch, tmp_path, **adapter)


def test_computer_without_the_bus_is_told_how_to_switch_it_on(fast, monkeypatch, tmp_path):
    FakeI2C(SimulatedTime(), {}).install(monkeypatch)
    with pytest.raises(DeviceError, match="no /dev/i2c-1, which i2c1 needs; on .* Pi switch it on with sudo raspi-config"):
        LinuxBoard(fast, devices_of(json.loads(fast.plan), {}), tmp_path)


def test_bus_may_be_another_of_the_computers(fast, monkeypatch, tmp_path):
    time = SimulatedTime()
    FakeI2C(time, {3: Adapter(attach_models(fast, time.clock, None, 1).i2c[1])}).install(monkeypatch)
    plan = json.loads(fast.plan)
    assert devices_of(plan, {"i2c1": "/dev/i2c-3"}) == devices_of(plan, {"i2c1": "3"})
    assert (devices_of(plan, {})["gpio"], devices_of(plan, {"gpio": "4"})["gpio"]) == ("/dev/gpiochip0", "/dev/gpiochip4")
    with LinuxBoard(fast, devices_of(plan, {"i2c1": "3"}), tmp_path, time) as board:
        assert board.advance(500 * MS)
    with pytest.raises(ValueError, match="the payload has no bus i2c0: it has i2c1"):
        devices_of(plan, {"i2c0": "3"})


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("photometry", "this computer has no analog inputs, which sensor photodiode needs"),
        ("structure", "bus spi0 needs spidev, which is not installed: pip install spidev"),
        ("magnetometer", "stream field needs gpiod, which is not installed: pip install gpiod"),
    ],
)
def test_payload_that_needs_what_the_computer_lacks_is_told_what(monkeypatch, payload, said):
    for module in ("spidev", "gpiod"):
        monkeypatch.setitem(sys.modules, module, None)
    definition = load_definition(_DEFS / payload)
    plan = json.loads(definition.plan)
    FakeI2C(SimulatedTime(), {0: Adapter(), 1: Adapter()}).install(monkeypatch)
    with pytest.raises(DeviceError, match=said):
        check_devices(definition, plan, devices_of(plan, {}))


def test_gpiod_of_the_old_kind_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiod", ModuleType("gpiod"))
    definition = load_definition(_DEFS / "magnetometer")
    plan = json.loads(definition.plan)
    FakeI2C(SimulatedTime(), {0: Adapter()}).install(monkeypatch)
    with pytest.raises(DeviceError, match="stream field needs gpiod 2, and an older one is installed"):
        check_devices(definition, plan, devices_of(plan, {}))


def test_computer_without_smbus2_is_told_the_extra(fast, monkeypatch):
    monkeypatch.setitem(sys.modules, "freefall_board.ports.linux_i2c", None)
    plan = json.loads(fast.plan)
    with pytest.raises(MissingExtra, match=r"freefall\[linux\]"):
        check_devices(fast, plan, devices_of(plan, {}))

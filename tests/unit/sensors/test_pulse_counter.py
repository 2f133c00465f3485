"""The pulse counter: what the host makes of its samples, and the dead time that it corrects."""

from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from freefall.sensors.catalogue.pulse_counter import PulseCounterTable, PulseSource
from freefall.sensors.channels import Compensated
from freefall.sensors.signals import constant
from freefall_board.drivers.pulse_counter import DRIVER
from unit.sensors.model_device import engineering_values

S = 1_000_000_000


def table(**options):
    return PulseCounterTable(driver="pulse_counter", pin=18, **options)


def sample(count, pulses, interval_us):
    return b"".join((number & 0xFFFFFFFF).to_bytes(4, "little") for number in (count, pulses, interval_us))


def values(octets, **options):
    return {name: column[0] for name, column in engineering_values(table(**options), [octets], b"").items()}


def test_driver_reads_what_the_table_says():
    class Port:
        def counter(self, pin):
            return ("counter", pin)

    assert DRIVER.board_device(Port(), table().config(0)) == ("counter", 18)
    assert DRIVER.sample_reads == ((b"", PulseCounterTable.SAMPLE_LEN),)


def test_sample_is_count_pulses_and_interval():
    assert values(sample(70_000, 250, 500_000)) == {"count": 70_000, "interval": 0.5, "rate": 500}


def test_count_and_interval_hold_32_bits():
    assert values(sample(-1, 0, -1)) == {"count": 0xFFFFFFFF, "interval": pytest.approx(4294.967295), "rate": 0}


@pytest.mark.parametrize(
    ("pulses", "interval_us", "dead_time_us", "rate"),
    [
        (0, 1_000_000, 100.0, 0.0),
        (1000, 1_000_000, 0.0, 1000.0),
        (1000, 1_000_000, 100.0, 1000 / 0.9),
        (5000, 1_000_000, 100.0, 10_000.0),
        (9999, 1_000_000, 100.0, 99_990_000.0),
        (1, 150, 100.0, 20_000.0),
    ],
)
def test_rate_is_corrected_for_the_time_in_which_nothing_is_seen(pulses, interval_us, dead_time_us, rate):
    assert values(sample(9, pulses, interval_us), dead_time_us=dead_time_us)["rate"] == pytest.approx(rate)


@pytest.mark.parametrize(
    ("pulses", "interval_us", "dead_time_us"), [(10_000, 1_000_000, 100.0), (1, 99, 100.0), (20_000, 1_000_000, 100.0)]
)
def test_rate_that_leaves_no_time_to_see_is_worth_nothing(pulses, interval_us, dead_time_us):
    made = values(sample(9, pulses, interval_us), dead_time_us=dead_time_us)
    assert np.isnan(made["rate"]) and made["count"] == 9 and made["interval"] == interval_us / 1e6


@pytest.mark.parametrize("pulses", [0, 3])
def test_rate_of_no_time_at_all_is_worth_nothing(pulses):
    assert np.isnan(values(sample(9, pulses, 0))["rate"])


@given(st.floats(0, 1e5), st.floats(0, 1000), st.floats(0.1, 100))
def test_correction_undoes_what_the_dead_time_did(true_rate, dead_time_us, interval_s):
    tau = dead_time_us * 1e-6
    seen = true_rate / (1 + true_rate * tau)
    raw = {"count": np.zeros(1), "rate": np.array([seen * interval_s]), "interval": np.array([interval_s * 1e6])}
    assert table(dead_time_us=dead_time_us).compensate(raw, None)["rate"][0] == pytest.approx(true_rate, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("dead_time_us", [0.0, 50.0, 200.0])
def test_true_rate_of_a_tube_comes_out_of_the_whole_chain(clock, pin, dead_time_us):
    source = PulseSource(clock, pin, 7, constant(3000.0), round(dead_time_us * 1000))
    clock.advance_to(20 * S)
    counts = [source.count_at(n * S // 2) for n in range(41)]
    samples = [sample(after, after - before, 500_000) for before, after in zip(counts, counts[1:], strict=False)]
    rates = engineering_values(table(dead_time_us=dead_time_us or 10.0), samples, b"")["rate"]
    assert fmean(rates) == pytest.approx(3000, rel=0.01 * (1 + 3000 * dead_time_us * 1e-6) ** 0.5)


def test_table_says_that_the_rate_is_compensated_without_coefficients():
    channels = {channel.name: channel for channel in table().channels()}
    assert {name: channel.unit for name, channel in channels.items()} == {"count": "1", "interval": "s", "rate": "1/s"}
    assert channels["rate"].calibration == Compensated() and PulseCounterTable.COEFFICIENTS == 0
    assert PulseCounterTable.TRIGGERS == ("periodic", "pulse")
    assert table(dead_time_us=90.0).config(0) == {"pin": 18}


@pytest.mark.parametrize("dead_time_us", [-1.0, 2e6])
def test_dead_time_that_is_none_is_refused(dead_time_us):
    with pytest.raises(ValidationError):
        table(dead_time_us=dead_time_us)

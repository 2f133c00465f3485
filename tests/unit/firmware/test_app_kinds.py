"""The whole board with what only some payloads have: coefficients, a UART, pulses, an ADC, lines that hold or rise once."""

import pytest

from freefall_board.ports.virtual import Port
from oracle import codec
from unit.firmware.app_bench import APID, BOARD, BOOT, Bench, make_kinds_plan, make_oximeter_plan, one_set

_BAROMETER, _CURRENT, _GAS, _PULSES, _VOLTAGE = range(5)
_COEFFICIENTS = ("parameter", 512 + _BAROMETER)


@pytest.fixture
def running():
    bench = Bench(make_kinds_plan())
    bench.payload.start()
    bench.run(3200)
    return bench


def test_coefficients_come_after_the_boot_event_and_before_the_ledgers_of_every_set(running):
    assert running.kinds == [("event", BOOT), _COEFFICIENTS] + 4 * [_COEFFICIENTS, *one_set(5)]


def test_coefficients_are_said_before_a_trigger_is_armed():
    bench = Bench(make_kinds_plan())
    built = []
    port = bench.port
    port.on_edge = lambda *arguments, on_edge=port.on_edge: (built.append(bench.payload._reporter.built), on_edge(*arguments))
    port.on_tick = lambda *arguments, on_tick=port.on_tick: (built.append(bench.payload._reporter.built), on_tick(*arguments))
    bench.payload.start()
    assert built == [2] * 5


def test_coefficients_are_the_parts(running):
    reports = running.of(*_COEFFICIENTS)
    assert {len(report["octets"]) for report in reports} == {running.coefficients[_BAROMETER]}
    first = bytearray(2)
    part = running.models[_BAROMETER]
    for at in range(2):
        first[at] = part._read_register(0x88 + at)
    assert {report["octets"][:2] for report in reports} == {bytes(first)}


def test_sensor_that_is_absent_has_no_coefficients_and_the_board_counts_what_it_built():
    bench = Bench(make_kinds_plan())
    bench.models[_BAROMETER].absent = True
    bench.payload.start()
    bench.run(2500)
    assert _COEFFICIENTS not in bench.kinds
    assert [fields["service_built"] for fields in bench.of("sid", BOARD)] == [7, 13, 19]


def test_sets_with_coefficients_find_room_when_samples_fill_the_queue():
    bench = Bench(make_kinds_plan())
    bench.payload.start()
    bench.run(100)
    bench.port.wire.open = False
    queue = bench.payload._queue
    while queue.put_samples(bytes(60), 0, 60):
        pass
    built, dropped = bench.payload._reporter.built, bench.payload._reporter.dropped
    bench.run(1100)
    assert bench.payload._reporter.built == built + 7
    assert bench.payload._reporter.dropped == dropped == 0


def test_every_kind_is_sampled_and_accounted_for(running):
    running.settle()
    for stream in range(5):
        ledger = running.ledger(stream)
        assert ledger["taken"] > 0
        assert (ledger["bus_errors"], ledger["overruns"], ledger["late"]) == (0, 0, 0)


def test_answers_of_a_uart_are_samples(running):
    answers = [octets for *_, octets in running.samples(_GAS)]
    assert len(answers) >= 5
    given = {sample.raw for sample in running.models[_GAS].read_out}
    assert set(answers) <= given
    assert {answer[:2] for answer in answers} == {b"\xff\x86"}


def test_conversions_of_the_adc_are_samples_at_its_ticks(running):
    source = running.models[_VOLTAGE]
    samples = running.samples(_VOLTAGE)
    assert len(samples) > 500
    assert [octets for *_, octets in samples] == [sample.raw for sample in source.produced][: len(samples)]
    for (_, time_us, place, _), sample in zip(samples, source.produced, strict=False):
        assert time_us + place * 5000 == sample.time_ns // 1000 - running.start_us


def test_every_pulse_is_a_sample_with_its_own_time_and_what_the_counter_says(running):
    pulses = running.models[_PULSES]
    packets = [p for p in running.packets if codec.parse_primary_header(p)["apid"] == APID + 1 + _PULSES]
    said = [codec.parse_timed_samples(packet, 16) for packet in packets]
    times = [time_us for packet in said for time_us in packet["times"]]
    samples = [octets for packet in said for octets in packet["samples"]]
    words = [tuple(int.from_bytes(octets[at : at + 4], "little") for at in (0, 4, 8)) for octets in samples]
    made = [pulse.time_ns // 1000 for pulse in pulses.produced]
    first = words[0][0] - 1  # those before sampling began
    assert times == made[first : first + len(times)]
    assert len(times) > 30
    assert [count for count, _, _ in words] == [first + 1 + n for n in range(len(words))]
    assert {since for _, since, _ in words[1:]} == {1}
    assert [interval for *_, interval in words[1:]] == [later - earlier for earlier, later in zip(times, times[1:], strict=False)]


def test_counter_that_hears_nothing_for_minutes_has_not_stopped():
    plan = make_kinds_plan()
    plan["streams"] = [plan["streams"][_PULSES] | {"sensor": 0}]
    plan["sensors"] = [plan["sensors"][_PULSES]]
    plan["buses"] = []
    bench = Bench(plan)
    bench.models[0].absent = True
    bench.payload.start()
    for _ in range(130):
        bench.port.sleep_ms(5000)
        bench.payload.step()
    assert {kind for kind, _ in bench.reports if kind[0] == "event"} == {("event", BOOT)}


@pytest.mark.parametrize("failures", [1, 2, 7])
def test_line_that_holds_is_read_again_after_a_failed_read(running, failures):
    running.models[_CURRENT].fail_next(failures)
    running.run(200)
    running.settle()
    samples = running.samples(_CURRENT)
    made = [(sample.time_ns // 1000 - running.start_us, sample.raw) for sample in running.models[_CURRENT].produced]
    offset = made.index((samples[0][1], samples[0][3])) - samples[0][0]
    for index, time_us, place, octets in samples:
        true_us, raw = made[index + offset]
        assert (octets, abs(time_us + place * 8800 - true_us) <= 2) == (raw, True), index
    ledger = running.ledger(_CURRENT)
    # A read is tried again every 5 ms; a sample lasts 8.8.
    assert ledger["bus_errors"] <= failures * 5 // 8
    assert len(samples) >= ledger["taken"] - 8 > 300


@pytest.mark.parametrize("watermark", [17, 0])
@pytest.mark.parametrize("failures", [0, 1, 2, 3, 8])
def test_fifo_that_tells_once_is_read_again_after_a_failed_read(failures, watermark):
    bench = Bench(make_oximeter_plan(watermark))
    bench.payload.start()
    bench.run(500)
    for _ in range(4):
        bench.models[0].fail_next(failures)
        bench.run(400)
    bench.run(1000)
    assert bench.models[0].empty_reads == 0
    samples = bench.samples(0)
    made = bench.models[0].produced
    assert [octets for *_, octets in samples] == [sample.raw for sample in made][: len(samples)]
    for (_, time_us, place, _), sample in zip(samples, made, strict=False):
        assert abs(time_us + place * 10_000 - sample.time_ns // 1000) <= 20
    assert len(samples) >= 17 * (len(made) // 17 - 1)
    ledger = bench.ledger(0)
    assert (ledger["bus_errors"], ledger["overruns"]) == (0, 0)


def test_port_without_a_source_on_an_analog_pin_says_so():
    bench = Bench(make_kinds_plan())
    bench.port.connect({}, {}, {}, {})
    with pytest.raises(KeyError):
        Port.adc(bench.port, 26)

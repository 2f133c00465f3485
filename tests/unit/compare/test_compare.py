"""Two runs beside each other: nothing is found where nothing differs, and what differs is found where it is."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.compare import DefinitionsDiffer, Tolerances
from freefall.sensors.channels import Polynomial
from unit.compare.board import Frame, begin_us, frames, wire
from unit.decode import packets
from unit.decode.climate import climate_definition, climate_sample, settable

BOOTS = st.lists(st.tuples(st.integers(0, 8), st.sampled_from([0, 0, 3, 40])), min_size=1, max_size=3)
CHUNKS = st.tuples(st.integers(1, 900), st.integers(1, 900))


def some(data, sent, stream=None):
    """One of the frames, with its place: of a stream, or of any."""
    places = [at for at, frame in enumerate(sent) if frame.stream and stream in (None, frame.stream)]
    return data.draw(st.sampled_from(places)) if places else None


def only_of(found):
    """(stream, run, boot, index, count) of every stretch that only one run has."""
    return [
        (stream.name, run, stretch.boot, stretch.index, stretch.count)
        for stream in found.streams
        for run, only in zip("ab", stream.only, strict=True)
        for stretch in only.first
    ]


def differing(found):
    """Names of the channels, and of times, in which anything differs."""
    return [f"{stream.name}.{own.name}" for stream in found.streams for own in (*stream.channels, stream.times) if own.differ]


@settings(deadline=None, max_examples=25)
@given(boots=BOOTS, chunks=CHUNKS)
def test_run_is_the_same_as_itself_however_it_is_cut(climate, compared, boots, chunks):
    octets = wire(frames(climate, boots)) + b"\x05\x01\x02\x03\x04\0"
    found = compared(octets, octets, chunks=chunks)
    assert found.same
    assert (found.events, found.counters, only_of(found), differing(found)) == ((), (), [], [])
    expected = {"vibration": 10, "temperature": 0, "climate": 5, "light": 2}
    for stream in found.streams:
        assert stream.samples == [expected[stream.name] * sum(many for many, _ in boots)] * 2
        assert stream.both == stream.samples[0]
    json.dumps(found.as_dict(), allow_nan=False)


@settings(deadline=None, max_examples=25)
@given(boots=BOOTS, chunks=CHUNKS, data=st.data())
def test_packet_that_is_missing_is_found_at_its_place_in_either_run(climate, compared, boots, chunks, data):
    whole = frames(climate, boots)
    at = some(data, whole)
    if at is None:
        return
    gone = whole[at]
    part = wire(whole[:at] + whole[at + 1 :])
    for order in ("ab", "ba"):
        pair = (wire(whole), part) if order == "ab" else (part, wire(whole))
        found = compared(*pair, chunks=chunks)
        assert not found.same
        assert only_of(found) == [(gone.stream, order[0], gone.boot, gone.index, gone.count)]
        assert differing(found) == [] and found.events == () and found.counters == ()


@settings(deadline=None, max_examples=25)
@given(boots=BOOTS, chunks=CHUNKS, data=st.data())
def test_one_changed_sample_is_found_at_its_place(climate, compared, boots, chunks, data):
    whole = frames(climate, boots)
    at = some(data, whole, "climate")
    if at is None:
        return
    place = whole[at].boot, whole[at].index + data.draw(st.integers(0, 4))
    found = compared(wire(whole), wire(frames(climate, boots, damage=place)), chunks=chunks)
    assert not found.same and only_of(found) == [] and differing(found) == ["climate.pressure"]
    pressure = found.streams[2].channels[1]
    assert (pressure.differ, pressure.beyond, pressure.valueless) == (1, 1, 0)
    assert pressure.greatest_at == pressure.first_at
    assert (pressure.first_at.boot, pressure.first_at.index) == place
    raw = 100 + place[1] % 50
    a, b = (1 + 2 * value + value**2 / 2 for value in (raw, raw + 1))
    assert (pressure.first_at.a, pressure.first_at.b, pressure.greatest) == (a, b, b - a)
    assert pressure.first_at.time_ns == (begin_us(place[0]) + 20_000 * place[1]) * 1000
    assert compared(wire(whole), wire(frames(climate, boots, damage=place)), f"pressure={b - a}").same
    assert not compared(wire(whole), wire(frames(climate, boots, damage=place)), f"pressure={(b - a) * 0.99}").same


def test_packets_missing_side_by_side_are_one_stretch(climate, compared):
    whole = frames(climate)
    part = [frame for frame in whole if frame.stream != "vibration" or not 30 <= frame.index < 70]
    found = compared(wire(whole), wire(part))
    assert only_of(found) == [("vibration", "a", 0, 30, 40)]
    assert found.streams[0].only[0].samples == 40 and found.streams[0].only[0].stretches == 1
    assert found.streams[0].only[0].first[0].time_ns == 31_000_000


def test_stretches_beyond_what_is_kept_are_counted(climate, compared):
    whole = frames(climate, ((60, 0),))
    part = [frame for frame in whole if frame.stream != "vibration" or frame.index % 20]
    only = compared(wire(whole), wire(part)).streams[0].only[0]
    assert (only.samples, only.stretches, len(only.first)) == (300, 30, 10)


def test_run_that_ends_early_or_has_a_boot_less_differs_from_there_on(climate, compared):
    whole = frames(climate, ((8, 0), (3, 0)))
    end = next(at for at, frame in enumerate(whole) if frame.boot == 1)
    found = compared(wire(whole), wire(whole[:end]))
    assert [place[:4] for place in only_of(found)] == [(name, "a", 1, 0) for name in ("vibration", "climate", "light")]
    assert [(c.name, c.a, c.b) for c in found.counters] == [("boots", 2, 1)]
    assert {event.a.boot for event in found.events} == {1}


def test_same_samples_in_other_packets_are_the_same(climate, compared):
    vibration = climate.streams[0]
    begin = Frame(packets.boot(climate))
    samples = [packets.sample(vibration, n) for n in range(20)]
    a = [begin, *(Frame(packets.given(vibration, n, samples[n : n + 10], 1000 + 1000 * n, n // 10)) for n in (0, 10))]
    cuts = [(0, 3), (3, 7), (7, 12), (12, 20)]
    b = [begin, *(Frame(packets.given(vibration, n, samples[n:m], 1000 + 1000 * n, k)) for k, (n, m) in enumerate(cuts))]
    found = compared(wire(a), wire(b))
    assert found.same and found.streams[0].both == 20


def test_times_are_compared_in_seconds_where_the_board_said_them(climate, compared):
    vibration, light = climate.streams[0], climate.stream("light")

    def sent(shift_us, own_us):
        octets = packets.boot(climate) + packets.samples(vibration, 0, 10, 1000)
        octets += packets.samples(vibration, 10, 10, 11_000 + shift_us, 1)
        places = [at.to_bytes(4, "big") + b"\1\1" for at in (0, 20_000 + own_us)]
        return b"\0" + octets + packets.given(light, 0, places, 1000, 0)

    found = compared(sent(0, 0), sent(7, 0))
    times = found.streams[0].times
    assert differing(found) == ["vibration.time"] and not found.same
    assert (times.differ, times.unit, times.greatest) == (1, "s", pytest.approx(7e-6))
    assert (times.first_at.index, times.first_at.a, times.first_at.b) == (10, 0.011, pytest.approx(0.011007))
    assert compared(sent(0, 0), sent(7, 0), "time=0.00001").same
    assert not compared(sent(0, 0), sent(7, 0), "time=0.00001", "vibration.time=0.000001").same
    assert not compared(sent(0, 0), sent(7, 0), "*=1").same, "a pattern does not mean times"
    found = compared(sent(0, 0), sent(0, -3))
    assert differing(found) == ["light.time"] and found.streams[3].times.first_at.index == 1


@pytest.mark.parametrize("at", range(5))
def test_events_that_changed_places_are_found_at_their_places(climate, compared, at):
    def sent(order):
        octets = b"\0" + packets.boot(climate)
        for place, number in enumerate(order):
            octets += packets.event(climate, 3, {"stream": 2, "spare": 0, "bus_errors": number}, 1 + place, 900 * (1 + place))
        return octets

    order = list(range(6))
    order[at : at + 2] = at + 1, at
    found = compared(sent(range(6)), sent(order), "time=0.001")
    assert not found.same and differing(found) == [] and only_of(found) == []
    moved = [(event.a, event.b) for event in found.events]
    assert sorted((own.number, run) for pair in moved for run, own in zip("ab", pair, strict=True) if own) == (
        [(1 + at, "a"), (2 + at, "b")] if moved[0][0] else [(1 + at, "b"), (2 + at, "a")]
    )
    assert len({own.text for pair in moved for own in pair if own}) == 1
    assert len(compared(sent(range(6)), sent(order)).events) == 3, "the other one came at another time"


def test_event_at_another_time_differs_by_more_than_the_tolerance(climate, compared):
    def sent(time_us):
        return b"\0" + packets.boot(climate) + packets.event(climate, 3, {"stream": 2, "spare": 0, "bus_errors": 1}, 1, time_us)

    found = compared(sent(5000), sent(5400))
    assert [(event.a.time_ns, event.b.time_ns) for event in found.events] == [(5_000_000, 5_400_000)]
    assert compared(sent(5000), sent(5400), "time=0.0004").same
    assert not compared(sent(5000), sent(5401), "time=0.0004").same


def test_coefficients_count_when_they_change_and_not_how_often_they_are_told(climate, compared):
    def sent(*parts):
        reports = (packets.coefficients(climate, 2, octets, 1 + n, 100 + n) for n, octets in enumerate(parts))
        return b"\0" + packets.boot(climate) + b"".join(reports)

    assert compared(sent(b"1111"), sent(b"1111", b"1111")).same
    found = compared(sent(b"1111"), sent(b"1112"))
    assert [bool(event.a) for event in found.events] == [True, False]


def test_value_in_one_run_only_is_beyond_any_tolerance(climate, compared):
    def sent(damage):
        place = [climate_sample(20, damage=damage)]
        return wire([Frame(packets.boot(climate)), Frame(packets.given(climate.streams[2], 0, place, 1000, 0))])

    octets = packets.coefficients(climate, 2, b"\7\xd0\0\0", 1, 10)
    found = compared(sent(0) + octets, sent(1) + octets, "*=1000")
    temperature = found.streams[2].channels[0]
    assert not found.same
    assert (temperature.valueless, temperature.beyond, temperature.greatest, temperature.greatest_at) == (1, 1, 0, None)
    assert (temperature.first_at.a, temperature.first_at.b) == (40.0, None)


def test_octets_that_no_channel_reads_are_compared_too(climate, compared):
    stream = climate.stream("light")

    def sent(unread):
        place = bytes(4) + bytes([5, unread << 4])
        return wire([Frame(packets.boot(climate)), Frame(packets.given(stream, 0, [place], 1000, 0))])

    found = compared(sent(0), sent(1))
    assert not found.same and differing(found) == [] and found.streams[3].unread == 1


def with_stream(climate, which, **fields):
    streams = (replace(stream, **fields) if stream.name == which else stream for stream in climate.streams)
    return replace(climate, streams=tuple(streams))


def test_other_calibration_is_compared_by_its_values(climate, compared):
    stream = climate.stream("climate")
    channels = (stream.channels[0], replace(stream.channels[1], calibration=Polynomial((1.5, 2.0, 0.5))), stream.channels[2])
    octets = wire(frames(climate))
    found = compared(octets, octets, definitions=(climate, with_stream(climate, "climate", channels=channels)))
    pressure = found.streams[2].channels[1]
    assert differing(found) == ["climate.pressure"] and (pressure.differ, pressure.greatest) == (60, 0.5)
    found = compared(octets, octets, "pressure=0.5", definitions=(climate, with_stream(climate, "climate", channels=channels)))
    assert found.same


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda c: with_stream(c, "light", name="lamp"), "only a has a stream light"),
        (lambda c: with_stream(c, "light", times=False, sample_len=2), "samples of light are 2 octets with light (1, 12 bits)"),
        (
            lambda c: with_stream(c, "light", channels=(replace(c.stream("light").channels[0], unit="lx"),)),
            "light (1, 12 bits) and times in the one, 2 octets with light (lx, 12 bits)",
        ),
    ],
)
def test_samples_that_are_laid_out_otherwise_cannot_be_compared(climate, compared, change, words):
    with pytest.raises(DefinitionsDiffer) as raised:
        compared(b"", b"", definitions=(climate, change(climate)))
    assert words in str(raised.value) and raised.value.exit_code == 3


def test_definitions_with_other_ids_but_like_samples_are_compared(climate, compared):
    other = replace(with_stream(climate, "light", rate_hz=55.0), definition_id=climate.definition_id ^ 1)
    octets = wire(frame for frame in frames(climate) if frame.stream)
    found = compared(octets, octets, definitions=(climate, other))
    assert found.same and len(set(found.definition_ids)) == 2


def test_last_tolerance_that_matches_holds(climate):
    stream = climate.stream("climate")
    tolerances = Tolerances.parse(["*=1", "climate.p*=2", " level =3", "vibration.*=9"])
    assert [tolerances.of(stream, channel.name) for channel in stream.channels] == [1, 2, 3]
    assert (tolerances.time_ns(stream), tolerances.time_ns()) == (0, 0)
    tolerances.check(climate.streams)
    with pytest.raises(ValueError, match='no channel is named "presure"; there is .*climate.pressure.*, and time'):
        Tolerances.parse(["presure=1"]).check(climate.streams)


@pytest.mark.parametrize("text", ["x", "x=", "=1", "x=-1", "x=nan", "x=inf", "x=much"])
def test_what_is_no_tolerance_is_refused(text):
    with pytest.raises(ValueError, match="is no tolerance like"):
        Tolerances.parse([text])


def test_link_counters_are_compared(climate, compared):
    octets = wire(frames(climate))
    twice = octets + frames(climate)[-1].wire
    found = compared(octets, twice + b"\x05\x01\x02\x03\x04\0")
    assert [(c.name, c.a, c.b) for c in found.counters] == [("rejected.crc", 0, 1), ("duplicates", 0, 1)]
    assert not found.same and only_of(found) == []


def test_events_beyond_what_is_kept_are_counted(climate, compared):
    from freefall.compare.events import EVENTS_COMPARED

    event = {"stream": 2, "spare": 0, "bus_errors": 1}
    many = [Frame(packets.event(climate, 3, event, n, 1000 + n)) for n in range(EVENTS_COMPARED + 3)]
    found = compared(wire(many), wire(many[:-1]))
    assert (found.events, found.events_beyond, found.same) == ((), (3, 2), False)
    assert compared(wire(many), wire(many)).same


def answered(definition, values, request, kind="completed", slot=1, failed=0):
    """A boot, its settings told twice, and what became of a telecommand."""
    boot = {"boot_count": request, "version_major": 0, "version_minor": 1, "version_patch": 2, "wire_format": 1}
    boot |= {"definition_id": definition.definition_id, "reset_cause": 3, "slot": slot, "failed_boots": failed}
    wire = b"\0" + packets.event(definition, 1, boot) + packets.settings(definition, values, 1, 10)
    wire += packets.verification(definition, kind, 2, 20, request=request, code=7 * (kind == "refused"), number=9)
    return wire + packets.settings(definition, values, 3, 30)


def test_settings_telecommands_and_slots_are_events_whatever_count_they_have(compared):
    definition = settable(climate_definition())
    definitions = definition, definition
    own = answered(definition, [20_000, 1, 1000], 1)
    assert compared(own, answered(definition, [20_000, 1, 1000], 2), definitions=definitions).events == ()

    def texts(other):
        found = compared(own, other, definitions=definitions).events
        return [event.a.text for event in found if event.a], [event.b.text for event in found if event.b]

    told = "settings: temperature.rate_hz 50, climate.on {}, light.rate_hz 1000"
    assert texts(answered(definition, [20_000, 0, 1000], 1)) == ([told.format("on")], [told.format("off")])
    refused = ["telecommand refused: no such function 9"]
    assert texts(answered(definition, [20_000, 1, 1000], 1, "refused")) == (["telecommand completed"], refused)
    here, back = ", slot a", ", fell back to slot a after 3 failed boots of slot b"
    boots = "boot of firmware 0.1.2, after software{}"
    assert texts(answered(definition, [20_000, 1, 1000], 1, failed=3)) == ([boots.format(here)], [boots.format(back)])

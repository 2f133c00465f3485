"""Checks of samples: against crcmod, the data sheets' own numbers, and sums by hand."""

import random

import crcmod
import numpy as np
import pytest

from freefall.sensors.channels import Channel, Linear, RawWord
from freefall.sensors.validity import Blank, Crc8, Expected, Forbidden, Sum8, affects


def octets(*samples):
    return np.array([list(bytes.fromhex(sample)) for sample in samples], np.uint8)


def word(offset, octets=1, shift=0, width=None):
    return RawWord(offset, octets, "big", shift, width or 8 * octets, False)


def test_sensirions_example_passes_and_every_flipped_bit_of_it_fails():
    check = Crc8(0, 2, ("co2",))
    assert check.valid(octets("beef92", "beef93", "000081")).tolist() == [True, False, True]
    flipped = np.array([list((0xBEEF92 ^ 1 << bit).to_bytes(3, "big")) for bit in range(24)], np.uint8)
    assert not check.valid(flipped).any()


@pytest.mark.parametrize("polynomial, initial", [(0x31, 0xFF), (0x31, 0), (0x07, 0), (0x1D, 0xFF), (0x2F, 0xFF), (0x9B, 0x5A)])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_crc_is_that_of_crcmod(polynomial, initial, count):
    crcmod_crc8 = crcmod.mkCrcFun(0x100 | polynomial, initCrc=initial, rev=False, xorOut=0)
    source = random.Random(count)
    rows = []
    for _ in range(200):
        data = source.randbytes(count)
        rows.append([0x55, *data, crcmod_crc8(data), 0x55])
    samples = np.array(rows, np.uint8)
    check = Crc8(1, count, (), polynomial, initial)
    assert check.valid(samples).all()
    samples[:, 1 + count] ^= 0x40
    assert not check.valid(samples).any()


def test_two_words_with_other_polynomials_do_not_mix():
    data = octets("beef92")
    assert Crc8(0, 2, ()).valid(data).all()
    assert not Crc8(0, 2, (), polynomial=0x07).valid(data).any()
    assert Crc8(0, 2, ()).valid(data).all()


def test_sum_is_of_all_octets_and_the_last():
    check = Sum8(1, 3, ("distance",))
    assert check.valid(octets("ff010203fa", "ff010203fb", "00ffffff03", "0000000000")).tolist() == [True, False, True, True]


def test_expected_word_has_one_of_its_values():
    check = Expected(word(1, shift=4, width=2), (0, 2), ("x",), "fault flag")
    assert check.valid(octets("ff00", "0010", "0020", "00cf", "00ff")).tolist() == [True, False, True, True, False]


def test_forbidden_word_has_none_of_its_values():
    check = Forbidden(word(0, 2), (0x8000, 0xFFFF), ("x",), "saturated")
    assert check.valid(octets("8000", "ffff", "7fff", "0080")).tolist() == [False, False, True, True]


def test_blank_sample_reads_so_in_all_its_octets():
    check = Blank(1, b"\x80\x00", ("x",))
    assert check.valid(octets("008000", "018000", "008001", "000000")).tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    "check",
    [Crc8(0, 2, ()), Sum8(0, 2, ()), Expected(word(0), (1,), (), ""), Forbidden(word(0), (1,), (), ""), Blank(0, b"\1", ())],
    ids=lambda check: type(check).__name__,
)
def test_no_samples_give_no_answers(check):
    valid = check.valid(np.empty((0, 3), np.uint8))
    assert valid.shape == (0,) and valid.dtype == bool


@pytest.mark.parametrize(
    "check, affected",
    [
        (Crc8(1, 2, ()), ["b", "c", "crc", "wide"]),
        (Crc8(1, 2, ("d",)), ["b", "c", "crc", "d", "wide"]),
        (Sum8(1, 2, ()), ["b", "c", "crc", "wide"]),
        (Blank(1, b"\0\0", ()), ["b", "c", "wide"]),
        (Expected(word(1), (0,), ("d",), ""), ["d"]),
        (Forbidden(word(1), (0,), ("d",), ""), ["d"]),
    ],
)
def test_a_failed_check_concerns_the_channels_it_names_and_those_made_of_octets_it_covers(check, affected):
    words = {"a": word(0), "b": word(1), "c": word(2), "crc": word(3), "d": word(4), "wide": word(0, 2)}
    channels = [Channel(name, "", raw, Linear(1.0, 0.0)) for name, raw in words.items()]
    assert [channel.name for channel in channels if affects(check, channel)] == affected

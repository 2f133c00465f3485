"""The CRC of two stretches from theirs, against zlib's of both."""

import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.recording.crc import crc_of_both
from freefall.recording.profile import RECORD_LIMIT


@given(st.binary(max_size=300), st.binary(max_size=3000))
def test_the_crc_of_both_is_that_of_one_after_the_other(a, b):
    assert crc_of_both(zlib.crc32(a), zlib.crc32(b), len(b)) == zlib.crc32(a + b)


@settings(deadline=None)
@given(st.integers(0, (1 << 32) - 1), st.integers(0, RECORD_LIMIT))
def test_it_goes_on_from_any_crc_over_any_length_of_a_record(crc, length):
    zeros = bytes(length)
    assert crc_of_both(crc, zlib.crc32(zeros), length) == zlib.crc32(zeros, crc)

"""The strict reader of UF2 on whatever a disk or a download may make of a file."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from freefall.device.uf2 import read_uf2
from freefall.errors import InputUnreadable
from unit.device.uf2_blocks import BLOCK_LEN, RP2040, RP2350_ARM_NS, RP2350_ARM_S, RP2350_RISCV, e10_block, uf2

HEADER = [*range(32), *range(508, 512)]
contents = st.lists(st.binary(min_size=256, max_size=256), min_size=1, max_size=6).map(b"".join)
families = st.sampled_from([RP2040, RP2350_ARM_S, RP2350_ARM_NS, RP2350_RISCV])


@st.composite
def files(draw):
    """(octets, content, family) of an image, for the RP2350 also with the block of E10."""
    content, family = draw(contents), draw(families)
    first = draw(st.sampled_from([b"", e10_block()])) if family != RP2040 else b""
    return first + uf2(content, family), content, family


def read(octets):
    """(content, family), or None if it is refused in a sentence."""
    try:
        image = read_uf2(octets, "a.uf2")
    except InputUnreadable as refused:
        assert str(refused).startswith("a.uf2") and "written" in str(refused)
        return None
    return image.content, image.family


@given(files())
def test_what_is_written_is_read(file):
    octets, content, family = file
    assert read(octets) == (content, family)


@given(files(), st.data())
def test_a_file_cut_short_anywhere_is_refused(file, data):
    octets = file[0]
    assert read(octets[: data.draw(st.integers(0, len(octets) - 1))]) is None


@given(files(), st.data())
@settings(max_examples=400)
def test_a_bit_of_a_header_that_flips_changes_nothing_or_is_refused(file, data):
    octets, content, _ = file
    at = data.draw(st.integers(0, len(octets) // BLOCK_LEN - 1)) * BLOCK_LEN + data.draw(st.sampled_from(HEADER))
    flipped = bytearray(octets)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    found = read(bytes(flipped))
    assert found is None or found[0] == content


@given(files(), st.data())
def test_a_header_field_of_any_other_value_changes_nothing_or_is_refused(file, data):
    octets, content, _ = file
    at = data.draw(st.integers(0, len(octets) // BLOCK_LEN - 1)) * BLOCK_LEN + 4 * data.draw(st.sampled_from([*range(8), 127]))
    found = read(octets[:at] + data.draw(st.binary(min_size=4, max_size=4)) + octets[at + 4 :])
    assert found is None or found[0] == content


@given(files(), st.data())
def test_blocks_that_are_lost_doubled_or_swapped_are_refused(file, data):
    octets, content, _ = file
    blocks = [octets[at : at + BLOCK_LEN] for at in range(0, len(octets), BLOCK_LEN)]
    order = data.draw(st.lists(st.integers(0, len(blocks) - 1), max_size=len(blocks) + 1))
    found = read(b"".join(blocks[n] for n in order))
    # Without the block of E10 in front it is the same image.
    assert found is None or found[0] == content and order in ([*range(len(blocks))], [*range(1, len(blocks))])


@given(st.binary(max_size=2000))
@example(bytes(512))
def test_any_octets_at_all_are_refused_in_a_sentence(octets):
    assert read(octets) is None

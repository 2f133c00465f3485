"""UF2: its blocks, and what is not a whole one."""

from freefall.board.emulated.uf2 import is_whole_uf2, to_uf2


def test_uf2_has_the_blocks_of_the_format():
    two = to_uf2(b"\xaa" * 256 + b"\xbb")
    assert len(two) == 1024
    assert two[:32].hex(" ", 4) == "5546320a 57515d9e 00200000 00000010 00010000 00000000 02000000 56ff8be4"
    assert two[512:544].hex(" ", 4) == ("5546320a 57515d9e 00200000 00010010 00010000 01000000 02000000 56ff8be4")
    assert two[32:288] == b"\xaa" * 256 and two[544:546] == b"\xbb\0"
    assert two[508:512] == two[1020:] == bytes.fromhex("306fb10a")


def test_uf2_with_any_header_byte_changed_is_not_whole():
    good = to_uf2(bytes(600))
    assert is_whole_uf2(good)
    checked = [*range(8), *range(20, 32), *range(508, 512)]  # magics, numbering, family, end
    for at in [block + byte for block in (0, 512, 1024) for byte in checked]:
        assert not is_whole_uf2(good[:at] + bytes([good[at] ^ 0x40]) + good[at + 1 :])

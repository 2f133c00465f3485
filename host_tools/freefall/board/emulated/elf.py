"""The symbol table of an ELF file for 32-bit ARM, as a linker leaves it."""

import struct

_SECTIONS_AT = 0x20  # e_shoff; e_shentsize and e_shnum are at 0x2E
_SECTION = struct.Struct("<10I")  # name, type, flags, address, offset, size, link, info, alignment, entry size
_SYMBOL = struct.Struct("<IIIBBH")  # name, value, size, info, other, section
_SYMBOL_TABLE = 2  # SHT_SYMTAB
_GLOBAL, _FUNCTION = 1, 2  # STB_GLOBAL, STT_FUNC
_UNDEFINED = 0  # SHN_UNDEF


def global_symbols(elf: bytes) -> dict[str, int]:
    """Name -> address of every global symbol that is defined; a function's without the bit that says Thumb."""
    (sections_at,) = struct.unpack_from("<I", elf, _SECTIONS_AT)
    size, count = struct.unpack_from("<HH", elf, 0x2E)
    sections = [_SECTION.unpack_from(elf, sections_at + size * number) for number in range(count)]
    symbols = {}
    for _, kind, _, _, table_at, table_len, names, *_ in sections:
        if kind == _SYMBOL_TABLE:
            names_at = sections[names][4]
            for name, value, _, info, _, section in _SYMBOL.iter_unpack(elf[table_at : table_at + table_len]):
                if info >> 4 == _GLOBAL and section != _UNDEFINED:
                    start = names_at + name
                    is_function = info & 0xF == _FUNCTION
                    symbols[elf[start : elf.index(0, start)].decode()] = value & ~1 if is_function else value
    return symbols

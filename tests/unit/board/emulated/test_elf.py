"""ELF: of a symbol table, the symbols that are global and defined."""

from freefall.board.emulated.elf import global_symbols
from unit.board.emulated.strict_computer import elf_of

LOCAL, GLOBAL = 0x00, 0x10
OBJECT, FUNCTION = 1, 2


def test_global_symbols_are_found_with_functions_at_their_first_instruction():
    rows = [
        ("__GcHeapEnd", 0x20040001, GLOBAL, 1),  # no type: an address as it is, odd or even
        ("gc_alloc", 0x100095F9, GLOBAL | FUNCTION, 1),
        ("table", 0x20000003, GLOBAL | OBJECT, 2),
        ("do_load", 0x100019D9, LOCAL | FUNCTION, 1),
        ("elsewhere", 0, GLOBAL | FUNCTION, 0),
    ]
    assert global_symbols(elf_of(rows)) == {"__GcHeapEnd": 0x20040001, "gc_alloc": 0x100095F8, "table": 0x20000003}


def test_file_without_a_symbol_table_has_no_symbols():
    whole = bytearray(elf_of([("a", 1, GLOBAL, 1)]))
    whole[52 + 40 + 4] = 1  # the type of section 1: program data
    assert global_symbols(bytes(whole)) == {}

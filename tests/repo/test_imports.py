"""Imports go one way.

wire <- board.core <- drivers, ports <- app; wire, sensors <- definition <- decode <- recording <- export <- board <- port
<- replay, device <- monitor, report, testing <- cli.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BOARD, HOST = ROOT / "firmware" / "freefall_board", ROOT / "host_tools" / "freefall"

# What each part may import of ours, besides itself.
ALLOWED = {
    "freefall_wire": set(),
    "freefall_loader": {"freefall_board.app", "freefall_board.boot"},
    "freefall_board.version": set(),
    "freefall_board.boot": {"freefall_wire"},
    "freefall_board.core": {"freefall_wire"},
    "freefall_board.drivers": {"freefall_wire", "freefall_board.core"},
    "freefall_board.ports": {"freefall_wire", "freefall_loader"},
    "freefall_board.sampling": {"freefall_board.core"},
    "freefall_board.sensor": {"freefall_wire", "freefall_board.drivers"},
    "freefall_board.app": {"freefall_wire", "freefall_board.core", "freefall_board.drivers", "freefall_board.ports",
                           "freefall_board.sampling", "freefall_board.sensor", "freefall_board.version", "freefall_board.boot"},
    "freefall.errors": set(),
    "freefall.sensors": {"freefall.errors"},
    "freefall.definition": {"freefall.errors", "freefall_wire", "freefall.sensors"},
    "freefall.decode": {"freefall.errors", "freefall_wire", "freefall.sensors", "freefall.definition"},
    "freefall.recording": {"freefall.errors", "freefall_wire", "freefall.definition", "freefall.decode"},
    "freefall.export": {"freefall.errors", "freefall_wire", "freefall.definition", "freefall.decode", "freefall.recording"},
    "freefall.interop": {"freefall", "freefall_wire", "freefall.sensors", "freefall.definition"},
    "freefall.board": {"freefall.errors", "freefall_wire", "freefall.sensors", "freefall.definition", "freefall.decode"},
    "freefall.port": {"freefall.errors", "freefall.definition", "freefall.decode", "freefall.recording", "freefall.board"},
    "freefall.device": {"freefall.errors", "freefall_wire", "freefall.sensors", "freefall.definition", "freefall.decode",
                        "freefall.recording", "freefall.board", "freefall.port"},
    "freefall.replay": {"freefall.errors", "freefall_wire", "freefall.definition", "freefall.decode", "freefall.recording",
                        "freefall.port"},
    "freefall.report": {"freefall.errors", "freefall.definition", "freefall.decode", "freefall.recording"},
    "freefall.compare": {"freefall.errors", "freefall.definition", "freefall.decode", "freefall.recording"},
    "freefall.monitor": {"freefall.errors", "freefall.definition", "freefall.decode", "freefall.port"},
    "freefall.testing": {"freefall.errors", "freefall.sensors", "freefall.definition", "freefall.decode", "freefall.recording",
                         "freefall.board", "freefall.port", "freefall.replay"},
    "freefall.cli": {"freefall.errors", "freefall_wire", "freefall.sensors", "freefall.definition", "freefall.decode",
                     "freefall.recording", "freefall.export", "freefall.interop", "freefall.board", "freefall.port",
                     "freefall.replay", "freefall.report", "freefall.compare", "freefall.monitor", "freefall.device"},
}  # fmt: skip
# The firmware runs inside the virtual board, and its files go into the flash of the emulated one.
ALLOWED["freefall.device"] |= {"freefall_board.version"}
ALLOWED["freefall.board"] |= {"freefall_board.app", "freefall_board.boot", "freefall_board.ports"}
# The firmware's drivers know their parts: a probe asks with their questions.
ALLOWED["freefall.device"] |= {"freefall_board.drivers"}
# Whole packages: only where named. The version is the firmware's; boards are given the firmware's files.
ROOTS = {
    "freefall": {"freefall_board.version"},
    "freefall_board": set(),
    "freefall.__main__": {"freefall.cli"},
    "freefall.board.firmware_files": {"freefall_board", "freefall_loader", "freefall_wire"},
    "freefall.board.emulated.debian": {"freefall_board"},
}

# Find out whether this is MicroPython.
CHOOSE_LANGUAGE = {"freefall_wire.const", "freefall_wire.native"}
# Modules a part may import from outside, where the contract says so.
BOARD_CORE_OUTSIDE = {"array", "struct", "collections", "binascii"}
HARDWARE = {"machine", "rp2", "smbus2", "micropython", "uctypes", "vfs", "time", "select"}


def sources():
    yield ROOT / "firmware" / "freefall_loader.py", "freefall_loader"
    for package, root in (("freefall_wire", ROOT / "firmware" / "freefall_wire"), ("freefall_board", BOARD), ("freefall", HOST)):
        for path in sorted(root.rglob("*.py")):
            parts = [package, *path.relative_to(root).with_suffix("").parts]
            yield path, ".".join(parts).removesuffix(".__init__")


def imports(path: Path, module: str):
    """Full names of the modules a file imports, relative imports resolved."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level > 1 else package
            origin = f"{base}.{node.module}" if node.level and node.module else base if node.level else node.module
            yield origin
            yield from (f"{origin}.{name.name}" for name in node.names)


def part_of(module: str) -> str | None:
    """The key of ALLOWED a module belongs to; None for what is not ours or only a package's root."""
    return next((part for part in ALLOWED if module == part or module.startswith(part + ".")), None)


@pytest.mark.parametrize(("path", "module"), list(sources()), ids=lambda value: value if isinstance(value, str) else "")
def test_module_imports_only_what_its_part_may(path, module):
    part = part_of(module)
    assert part or module in ROOTS, f"{module} belongs to no part"
    for imported in imports(path, module):
        other = part_of(imported)
        if imported == "freefall_board":
            assert imported in ROOTS.get(module, ()), f"{module} imports {imported}"
        elif other and other != part:
            assert other in ALLOWED.get(part, set()) | ROOTS.get(module, set()), f"{module} imports {imported}"


@pytest.mark.parametrize(("path", "module"), list(sources()), ids=lambda value: value if isinstance(value, str) else "")
def test_only_ports_import_hardware_and_the_core_imports_next_to_nothing(path, module):
    outside = {name.partition(".")[0] for name in imports(path, module) if not name.startswith("freefall")}
    if module.startswith(("freefall_board.core", "freefall_wire")) and module not in CHOOSE_LANGUAGE:
        assert outside <= BOARD_CORE_OUTSIDE, f"{module} imports {outside - BOARD_CORE_OUTSIDE}"
    if module.startswith("freefall_board") and not module.startswith("freefall_board.ports"):
        assert not outside & HARDWARE, f"{module} imports {outside & HARDWARE}"

"""A payload onto a board in steps, so that at any moment the board boots either what it had or what it gets.

What is on a board: firmware/freefall_loader.py. The slot that is not in use is filled while its mark is away; the mark comes
after all files, then the switch. A file gets its name in one step, when it is whole.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import BoardError
from .repl import Repl
from .slots import MAIN, MANIFEST, MARK, PLAN, RECORD, SLOTS, SWITCH, BoardFiles, Interpreter, sha256

_NEW = ".new"
# Of the file system, left free beyond what is written: it needs some to move things about.
_SPARE_LEN = 64 * 1024
# Boots of a slot that failed in a row; one alone may be a power cut.
_FAILS = 2


@dataclass(frozen=True, slots=True)
class Changes:
    """What a deploy has to do. Paths are within the slot.

    active: the slot whose payload is kept, None on a board without one: the one the board starts, or the other if that one fails
    to start; target: the one that is filled. write: from here; copy:
    from the active slot, on the board; keep: they are there; remove: they do not belong there. loader, main: differ. current: the
    active slot, loader and main are what is wanted, so there is nothing to do.
    """

    active: str | None
    target: str
    write: dict[str, bytes]
    copy: tuple[str, ...]
    keep: tuple[str, ...]
    remove: tuple[str, ...]
    loader: bool
    main: bool
    current: bool

    @property
    def octets(self) -> int:
        """Octets that go over the cable, of the slot's files."""
        return sum(map(len, self.write.values()))


def interpreter(board: Repl) -> Interpreter:
    """What the board runs."""
    mpy, machine, version = board.eval(
        "(lambda i,o:(getattr(i,'_mpy',0),o.uname().machine,i.version[:3]))(__import__('sys').implementation,__import__('os'))"
    )
    return Interpreter(mpy, machine, ".".join(map(str, version)))


def survey(board: Repl, files: BoardFiles) -> Changes:
    """What has to be done to have the files on the board; nothing is changed. Raises BoardError if they do not fit."""
    _check_mounted(board)
    active = _active(board)
    target = SLOTS[1] if active == SLOTS[0] else SLOTS[0]
    there = {slot: _sums(board, slot) for slot in SLOTS}
    loader, octets = files.loader
    sums = board.sha256_of([f"/{loader}", _twin(loader), MAIN])
    wanted = {path: sha256(octets) for path, octets in files.slot.items()}
    in_use = there.get(active, {})
    complete = wanted | {MARK: sha256(files.mark), MANIFEST: sha256(files.manifest)}
    others = {path: sum for path, sum in wanted.items() if there[target].get(path) != sum}
    copied = tuple(path for path, sum in others.items() if in_use.get(path) == sum)
    changes = Changes(
        active=active,
        target=target,
        write={path: files.slot[path] for path in others if path not in copied},
        copy=copied,
        keep=tuple(path for path in wanted if path not in others),
        remove=tuple(path for path in there[target] if path not in complete),
        loader=sums[f"/{loader}"] != sha256(octets) or sums[_twin(loader)] is not None,
        main=sums[MAIN] != sha256(files.main),
        current=in_use == complete and sums == {f"/{loader}": sha256(octets), _twin(loader): None, MAIN: sha256(files.main)},
    )
    _check_room(board, files, changes)
    return changes


def format_flash(board: Repl) -> None:
    """Make a new file system in the flash: everything on the board is lost, but for MicroPython itself."""
    board.exec(
        "import os,rp2,vfs\ntry:\n os.umount('/')\nexcept OSError:\n pass\n"
        "_f=rp2.Flash()\nvfs.VfsLfs2.mkfs(_f,progsize=256)\nvfs.mount(vfs.VfsLfs2(_f,progsize=256),'/')"
    )


def apply(board: Repl, files: BoardFiles, changes: Changes, progress: Callable[[int], None] = lambda octets: None) -> None:
    """Do it, and verify every file; the next boot is of the new payload. progress(octets of the slot's files written so far).

    Cut off anywhere, the board boots what it booted before, until the switch is written or, on a board without a payload,
    main.py; from then on it boots the new payload. Raises what the board does, and BoardError when a file is not what was sent.
    """
    for _ in steps(board, files, changes, progress):
        pass


def steps(
    board: Repl, files: BoardFiles, changes: Changes, progress: Callable[[int], None] = lambda octets: None
) -> Iterator[str]:
    """`apply`, a step at a time: after each, what was done. What a test cuts off between."""
    root = f"/{changes.target}"
    loader, octets = files.loader
    if changes.loader:
        _put(board, f"/{loader}", octets)
        yield "loader"
        if board.stat(_twin(loader)):
            board.remove(_twin(loader))
            yield "loader of the other kind away"
    if board.stat(f"{root}/{MARK}"):
        board.remove(f"{root}/{MARK}")
        yield "mark away"
    if (boots := _boots(board, changes.target)).failed:
        # Those were of the payload that goes; the new one has all its attempts.
        _put(board, RECORD, f"{boots.count} {changes.target} 0".encode())
        yield RECORD
    for path in changes.remove:
        board.remove(f"{root}/{path}")
        yield path
    for folder in sorted({path.rpartition("/")[0] for path in files.slot}):
        board.mkdir(f"{root}/{folder}".rstrip("/"))
    yield "folders"
    written = 0
    for path, octets in changes.write.items():
        _put(board, f"{root}/{path}", octets, lambda part, before=written: progress(before + part))
        written += len(octets)
        yield path
    for path in changes.copy:
        board.exec(_COPY.format(source=f"/{changes.active}/{path}", target=f"{root}/{path}"))
        yield path
    _put(board, f"{root}/{MANIFEST}", files.manifest)
    yield MANIFEST
    _verify(board, changes.target, files)
    _put(board, f"{root}/{MARK}", files.mark)
    yield MARK
    board.mkdir(SWITCH.rpartition("/")[0])
    _put(board, SWITCH, changes.target.encode())
    yield SWITCH
    if changes.main:
        _put(board, MAIN, files.main)
        yield MAIN


def plan_differences(board: Repl, changes: Changes, files: BoardFiles) -> list[str]:
    """What differs between the plan the board runs and the new one: "streams.0.period_us: 1000 -> 500"."""
    if changes.active is None:
        return []
    before = _flat(json.loads(board.read(f"/{changes.active}/{PLAN}")))
    after = _flat(json.loads(files.slot[PLAN]))
    names = sorted(name for name in before | after if before.get(name) != after.get(name))
    return [f"{name}: {before.get(name, 'nothing')} -> {after.get(name, 'nothing')}" for name in names]


# On the board: a file under another name, whole or not at all.
_COPY = """\
import os
with open({source!r}, 'rb') as _f, open({target!r} + '.new', 'wb') as _g:
 while 1:
  _b = _f.read(1024)
  if not _b: break
  _g.write(_b)
os.rename({target!r} + '.new', {target!r})
"""


def _twin(loader: str) -> str:
    """The loader as source if this is the compiled one, else compiled. Of the two, MicroPython would import the source."""
    stem, _, kind = loader.rpartition(".")
    return f"/{stem}.{'py' if kind == 'mpy' else 'mpy'}"


def _put(board: Repl, path: str, octets: bytes, progress: Callable[[int], None] = lambda octets: None) -> None:
    board.write(path + _NEW, octets, progress)
    board.rename(path + _NEW, path)


def _active(board: Repl) -> str | None:
    """The slot whose payload the board would rather start: what the switch says, if that is complete, else one that is.

    One that has just failed to start again and again is not kept, if there is another.
    """
    switch = _text(board, SWITCH).partition(" ")[0]
    complete = [slot for slot in SLOTS if board.stat(f"/{slot}/{MARK}")]
    others = [slot for slot in complete if slot != switch]
    if switch in complete and not (others and _boots(board, switch).failed >= _FAILS):
        return switch
    return others[0] if others else None


class _Boots(NamedTuple):
    count: int  # ever
    failed: int  # the last so many, one after the other


def _boots(board: Repl, slot: str) -> _Boots:
    """What the loader has noted, if the last boot was of that slot."""
    match _text(board, RECORD).split():
        case [count, last, failed] if last == slot and count.isdecimal() and failed.isdecimal():
            return _Boots(int(count), int(failed))
    return _Boots(0, 0)


def _text(board: Repl, path: str) -> str:
    return board.read(path).decode(errors="replace") if board.stat(path) else ""


def _sums(board: Repl, slot: str) -> dict[str, str]:
    """The files of a slot, by path in it, with their sums."""
    return {path.removeprefix(f"/{slot}/"): found for path, found in board.sha256_of(board.tree(f"/{slot}")).items()}


def _check_mounted(board: Repl) -> None:
    if not board.eval("__import__('os').statvfs('/')[0]"):
        raise BoardError(
            "the board has no file system that can be read, and none was made: what its flash holds can still be saved (picotool "
            "save). To begin anew, add --format"
        )


def _check_room(board: Repl, files: BoardFiles, changes: Changes) -> None:
    status = board.eval("__import__('os').statvfs('/')")
    free = status[0] * status[3]
    block = status[0]
    needed = sum(-(-len(octets) // block) * block for path, octets in files.slot.items() if path not in changes.keep)
    if needed + _SPARE_LEN > free:
        raise BoardError(
            f"the payload needs {needed // 1024} kB of the board's file system beside what runs now, and {free // 1024} kB are "
            f"free, {_SPARE_LEN // 1024} of them for the board itself; remove files of your own (mpremote ls, mpremote rm)"
        )


def _verify(board: Repl, slot: str, files: BoardFiles) -> None:
    wanted = {path: sha256(octets) for path, octets in files.slot.items()} | {MANIFEST: sha256(files.manifest)}
    found = board.sha256_of([f"/{slot}/{path}" for path in wanted])
    wrong = [path for path, sum in wanted.items() if found[f"/{slot}/{path}"] != sum]
    if wrong:
        raise BoardError(
            f"{len(wrong)} of {len(wanted)} files on the board are not what was sent, {wrong[0]} the first; it starts what it "
            "had. Repeat the command; if it happens again the board's flash is worn out or damaged"
        )


def _flat(value, name: str = "") -> dict[str, object]:
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return {name: value}
    return {key: one for part, inner in items for key, one in _flat(inner, f"{name}.{part}" if name else str(part)).items()}

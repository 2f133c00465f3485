"""Builds the accelerator from the C files beside this file: when freefall is built or installed, never kept in git.

`python -m freefall.decode.native` builds it into an installation that was made without a compiler. The build hook
(hatch_build.py) loads this file alone, in an environment that holds nothing else: it imports the standard library only.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
ARTIFACT = FOLDER.parent / "_native.abi3.so"
# In the environment: 0 builds none, and uses none.
SWITCH = "FREEFALL_ACCELERATOR"

FLAGS = ("-std=c99", "-O3", "-DNDEBUG", "-fPIC", "-fvisibility=hidden")
_PATIENCE_S = 120


class NotBuilt(Exception):
    """The accelerator could not be built; the reason in one sentence."""


def digest() -> str:
    """Of the C files: an accelerator that was built from others is none."""
    files = sorted(path for path in FOLDER.iterdir() if path.suffix in (".c", ".h"))
    return hashlib.sha256(b"".join(path.name.encode() + b"\0" + path.read_bytes() for path in files)).hexdigest()[:16]


def compiler() -> list[str] | None:
    """The command that makes a loadable library, as this Python was built with, by a compiler that there is; None without one."""
    linker = shlex.split(sysconfig.get_config_var("LDSHARED") or "")
    if not linker:
        return None  # Windows
    for program in (shlex.split(os.environ.get("CC", "")), linker[:1], ["cc"], ["gcc"], ["clang"]):
        if program and shutil.which(program[0]):
            return [*program, *linker[1:]]
    return None


def build(artifact: Path = ARTIFACT, flags: tuple[str, ...] = FLAGS) -> None:
    """Build it. Raises NotBuilt, and then there is none."""
    artifact.unlink(missing_ok=True)
    command = compiler()
    if command is None:
        raise NotBuilt("there is no C compiler that this Python knows")
    sources = [str(path) for path in sorted(FOLDER.glob("*.c"))]
    with tempfile.TemporaryDirectory(dir=artifact.parent, prefix=".native-") as temporary:
        made = Path(temporary, artifact.name)
        include = sysconfig.get_path("include")
        command += [*flags, f'-DFREEFALL_SOURCE="{digest()}"', f"-I{include}", *sources, "-o", str(made)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotBuilt(f"the C compiler did not end well: {error}") from error
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
            raise NotBuilt(f"the C compiler refuses: {said[0] if said else f'exit code {done.returncode}'}")
        made.replace(artifact)

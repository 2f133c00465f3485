"""uPlot comes from npm, of one version, or a sentence says why not."""

import hashlib
import io
import os
import shutil
import sys
import tarfile

import pytest

from freefall.monitor import uplot

FILES = {"package/dist/uPlot.iife.min.js": b"js", "package/dist/uPlot.min.css": b"css", "package/LICENSE": b"MIT"}


def tarball(files) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, octets in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(octets)
            archive.addfile(info, io.BytesIO(octets))
    return made.getvalue()


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """npm(octets): a program of that name that packs those octets, or fails with None."""

    def make(octets):
        program = tmp_path / "bin" / "npm"
        program.parent.mkdir(exist_ok=True)
        body = "sys.exit('npm error code ENOTFOUND')"
        if octets is not None:
            body = f"open(sys.argv[sys.argv.index('--pack-destination') + 1] + '/uplot.tgz', 'wb').write({octets!r})"
        program.write_text(f"#!{sys.executable}\nimport sys\nassert {uplot.PACKAGE!r} == sys.argv[-1]\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)

    return make


def expect(monkeypatch, octets):
    import base64

    digest = base64.b64encode(hashlib.sha512(octets).digest()).decode()
    monkeypatch.setattr(uplot, "INTEGRITY", f"sha512-{digest}")


def test_fetch_puts_script_style_and_licence_there_once(npm, tmp_path, monkeypatch):
    octets = tarball(FILES)
    npm(octets)
    expect(monkeypatch, octets)
    folder = tmp_path / "uplot"
    assert not uplot.is_there(folder)
    uplot.fetch(folder)
    assert uplot.is_there(folder)
    assert {path.name for path in folder.iterdir()} == {"uPlot.iife.min.js", "uPlot.min.css", "LICENSE", "VERSION"}
    assert (folder / "uPlot.iife.min.js").read_bytes() == b"js"
    npm(None)
    uplot.fetch(folder)  # asks nobody any more


def test_another_packages_octets_are_refused_and_nothing_is_left(npm, tmp_path):
    npm(tarball(FILES))
    with pytest.raises(uplot.NotFetched, match="sha512"):
        uplot.fetch(tmp_path / "uplot")
    assert not (tmp_path / "uplot").exists()


def test_no_network_and_no_npm_are_told_apart(npm, tmp_path, monkeypatch):
    npm(None)
    with pytest.raises(uplot.NotFetched, match="npm error code ENOTFOUND"):
        uplot.fetch(tmp_path / "uplot")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(uplot.NotFetched, match="no npm on this machine"):
        uplot.fetch(tmp_path / "uplot")


def test_another_version_is_not_there(tmp_path):
    shutil.copytree(uplot.FOLDER, tmp_path / "uplot") if uplot.is_there() else (tmp_path / "uplot").mkdir()
    (tmp_path / "uplot" / "VERSION").write_text("uplot@1.0.0")
    assert not uplot.is_there(tmp_path / "uplot")


def test_command_says_where_it_is_or_why_not(capsys, monkeypatch):
    monkeypatch.setattr(uplot, "fetch", lambda: None)
    assert uplot.main() == 0 and uplot.PACKAGE in capsys.readouterr().out

    def refuse():
        raise uplot.NotFetched("there is no npm on this machine")

    monkeypatch.setattr(uplot, "fetch", refuse)
    assert uplot.main() == 1 and capsys.readouterr().err == "error: there is no npm on this machine\n"

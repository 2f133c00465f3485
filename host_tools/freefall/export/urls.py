"""Files behind URLs: what fsspec has a file system for (extra "archive"), as file:///runs, memory://x, s3://bucket/runs."""

from typing import TYPE_CHECKING, BinaryIO

from ..errors import InputUnreadable, MissingExtra

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


def is_url(text: str) -> bool:
    """Whether a file or folder is named by a URL."""
    return "://" in text


def file_system(url: str) -> "tuple[AbstractFileSystem, str]":
    """The file system of a URL, and the path in it. Raises MissingExtra without fsspec, InputUnreadable for one it lacks."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingExtra("a file behind a URL", "archive") from error
    try:
        return url_to_fs(url)
    except Exception as error:  # of many kinds: no such protocol, a package to install, no credentials
        raise InputUnreadable(f"cannot reach {url}: {error}") from error


def open_url(url: str) -> BinaryIO:
    """The file, open for reading at any place. Raises as file_system."""
    files, path = file_system(url)
    try:
        return files.open(path, "rb")
    except FileNotFoundError as error:
        raise InputUnreadable(f"there is no file {url}") from error
    except Exception as error:  # of many kinds: every file system has its own
        raise InputUnreadable(f"cannot read {url}: {error}") from error


def glob_url(url: str) -> list[str]:
    """The URLs of the files that a pattern matches, sorted. Raises as file_system."""
    files, path = file_system(url)
    try:
        return sorted(files.unstrip_protocol(found) for found in files.glob(path))
    except Exception as error:
        raise InputUnreadable(f"cannot reach {url}: {error}") from error

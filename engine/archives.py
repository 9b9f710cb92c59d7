"""A procedure's files as one zip archive: written, and read from somebody whom nobody trusts."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

from engine.errors import Invalid, Problem
from engine.release import FILE_NAME, plain

FILES_AT_MOST = 300
BYTES_AT_MOST = 5 * 1024 * 1024
"""Of all files together, unpacked; the largest procedure is a tenth of it."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(files: Mapping[str, str]) -> bytes:
    """Give the archive of files; the same files give the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16  # else unpacking makes files that nobody may read
            archive.writestr(entry, files[name].encode(), zipfile.ZIP_DEFLATED)
    return held.getvalue()


def unpack(data: bytes) -> dict[str, str]:
    """Read the files of an archive: ``{"missing_child.bpmn": "<?xml ...", "found.form": "{...}"}``.

    Folders are refused, and so is whatever is no diagram, table or form. Nothing is unpacked beyond the limits, whatever
    sizes the archive claims.

    Raises:
        Invalid: with every problem of the archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError):
        raise Invalid(
            [Problem("archive", "archive-not-readable", "The file is no zip archive that can be read.")]
        ) from None


def _read(archive: zipfile.ZipFile) -> dict[str, str]:
    """Read every entry within the limits."""
    entries = archive.infolist()
    if len(entries) > FILES_AT_MOST:
        sentence = f"The archive holds {len(entries)} files; a procedure has at most {FILES_AT_MOST}."
        raise Invalid([Problem("archive", "archive-too-large", sentence)])
    problems: list[Problem] = []
    files: dict[str, str] = {}
    left = BYTES_AT_MOST
    for entry in entries:
        name = entry.filename
        problem = _named(name, files) or _packed(entry)
        if problem is not None:
            problems.append(problem)
            continue
        with archive.open(entry) as opened:
            content = opened.read(left + 1)
        left -= len(content)
        if left < 0:
            sentence = f"The files are larger than {BYTES_AT_MOST // 1048576} MB together."
            raise Invalid([*problems, Problem("archive", "archive-too-large", sentence)])
        try:
            files[name] = plain(content.decode())
        except UnicodeDecodeError:
            problems.append(Problem(name, "not-utf-8", f"{name} is not text in UTF-8."))
    if not entries:
        problems.append(Problem("archive", "archive-empty", "The archive holds no file."))
    if problems:
        raise Invalid(problems)
    return files


def _packed(entry: zipfile.ZipInfo) -> Problem | None:
    """Refuse an entry that is packed in a way whose unpacking may take any amount of memory."""
    if entry.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return None
    sentence = f"{entry.filename[:80]} is packed in an unusual way: make the archive anew as an ordinary zip."
    return Problem(entry.filename[:80], "file-not-readable", sentence)


def _named(name: str, files: Mapping[str, str]) -> Problem | None:
    """Say what is wrong with the name of an entry."""
    if name in files:
        return Problem(name, "file-twice", f"{name} stands in the archive twice.")
    if "/" in name or "\\" in name:
        return Problem(
            name, "file-in-folder", f"{name[:80]} lies in a folder: put all files at the top of the archive."
        )
    if not FILE_NAME.fullmatch(name):
        sentence = f"{name[:80]} is no file of a procedure: small letters, digits, underscores; .bpmn, .dmn, .form or .scenario."
        return Problem(name[:80], "file-not-known", sentence)
    return None

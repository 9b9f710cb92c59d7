"""A procedure as a zip archive: what is written is read again, and what nobody may trust is refused."""

from __future__ import annotations

import io
import zipfile

import pytest

from engine import archives
from engine.errors import Invalid

FILES = {"sample.bpmn": "<definitions/>\n", "grade.dmn": "<definitions/>", "found.form": '{"title": "Où?"}'}


def archive(*entries: tuple[str, bytes]) -> bytes:
    """Make an archive, whatever its names are."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(name, content)
    return held.getvalue()


def rules(data: bytes) -> list[str]:
    with pytest.raises(Invalid) as refused:
        archives.unpack(data)
    return [problem.rule for problem in refused.value.problems]


def test_what_is_written_is_read_again_and_the_same_files_give_the_same_bytes() -> None:
    data = archives.pack(FILES)
    assert archives.unpack(data) == FILES
    assert archives.pack(dict(reversed(FILES.items()))) == data


def test_all_that_is_wrong_with_an_archive_is_said_at_once() -> None:
    data = archive(
        ("../evil.form", b"{}"),
        ("forms/found.form", b"{}"),
        ("C:\\found.form", b"{}"),
        ("script.py", b""),
        ("found.form", b"\xff\xfe"),
        ("good.form", b"{}"),
    )
    assert rules(data) == ["file-in-folder", "file-in-folder", "file-in-folder", "file-not-known", "not-utf-8"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_stands_twice_is_refused() -> None:
    assert rules(archive(("a.form", b"{}"), ("a.form", b"[]"))) == ["file-twice"]


@pytest.mark.parametrize(
    "data",
    [b"", b"no archive", b"PK\x03\x04" + b"\0" * 40, archive(("a.form", b"{}"))[:-30]],
    ids=["nothing", "text", "a head alone", "an end cut off"],
)
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    assert rules(data) == ["archive-not-readable"]


def test_a_broken_entry_is_refused() -> None:
    data = bytearray(archive(("a.form", b'{"title": "a long enough text to be squeezed"}' * 9)))
    data[45] ^= 0xFF
    assert rules(bytes(data)) == ["archive-not-readable"]


def test_an_empty_archive_is_refused() -> None:
    assert rules(archive()) == ["archive-empty"]


def test_a_small_archive_that_unpacks_to_much_is_stopped_at_the_limit() -> None:
    data = archive(*[(f"f{number}.form", b" " * 1_000_000) for number in range(8)])
    assert len(data) < 20_000
    assert rules(data) == ["archive-too-large"]


def test_an_archive_with_too_many_files_is_refused() -> None:
    assert rules(archive(*[(f"f{number}.form", b"") for number in range(301)])) == ["archive-too-large"]


def test_lines_end_in_one_way_and_a_byte_order_mark_is_gone() -> None:
    assert archives.unpack(archive(("a.form", b"\xef\xbb\xbf{\r\n}"))) == {"a.form": "{\n}"}

"""A child's photograph: pixels and nothing else, for those who may read who the child is, gone with the child's records."""

from __future__ import annotations

import io
from datetime import date

import pytest
import sqlalchemy as sa
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from engine.errors import Invalid
from engine.store import ReadTable, reading, writing
from tests.web.site import Site
from tests.web.test_search import reported
from workflows import erasing, photographs
from workflows.photographs import LARGEST_FILE, LONGEST_SIDE, PhotographRow

PLACE = b"Taken at 52.95N 1.15W"


def file(kind: str = "JPEG", size: tuple[int, int] = (400, 300), *, mode: str = "RGB", turned: bool = False) -> bytes:
    """Make a photograph: red above, blue below, with a place in its metadata; `turned` says that it lies on its side."""
    made = Image.new(mode, size, "blue")
    made.paste("red", (0, 0, size[0], size[1] // 2))
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    exif[0x0112] = 6 if turned else 1
    made.save(written, kind, exif=exif)
    return written.getvalue()


def opened(data: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(data))
    found.load()
    return found


@pytest.fixture
def child_id(site: Site) -> str:
    return reported(site, "Alex Example", date(2012, 5, 3)).replace("MC-", "CH-")


def send(site: Site, child_id: str, data: bytes, role: str = "call_taker") -> int:
    browser = site.browser(role)
    token = browser.page("/tasks").select_one("input[name=csrf_token]")
    assert token is not None
    file_sent = FileStorage(io.BytesIO(data), "a.jpg", "photograph", "image/jpeg")
    boundary, body = encode_multipart({"csrf_token": str(token["value"]), "photograph": file_sent})
    kind = f"multipart/form-data; boundary={boundary}"
    return browser.post(f"/children/{child_id}/photograph", data=body, content_type=kind).status_code


def test_what_is_kept_is_the_picture_and_nothing_else() -> None:
    sent = file(size=(3000, 2000))
    assert PLACE in sent
    kept = photographs.cleaned(sent)
    assert PLACE not in kept
    picture = opened(kept)
    assert (picture.format, max(picture.size), picture.getexif()) == ("JPEG", LONGEST_SIDE, Image.Exif())


def test_a_picture_that_lies_on_its_side_is_put_upright() -> None:
    picture = opened(photographs.cleaned(file(size=(400, 300), turned=True)))
    assert picture.size == (300, 400)
    red, _green, _blue = picture.getpixel((290, 200))  # type: ignore[misc]
    assert red > 200


@pytest.mark.parametrize("mode", ["RGBA", "L", "P"])
def test_other_pictures_are_written_as_photographs(mode: str) -> None:
    written = io.BytesIO()
    Image.new(mode, (50, 40), 0).save(written, "PNG")
    assert opened(photographs.cleaned(written.getvalue())).mode == "RGB"


def bomb(side: int) -> bytes:
    written = io.BytesIO()
    Image.new("1", (side, side)).save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Select a photograph"),
        (b"x" * (LARGEST_FILE + 1), "must be smaller than 10 MB"),
        (b"<svg onload='x'/>", "must be a photograph"),
        (b"%PDF-1.7", "must be a photograph"),
        (file()[:2000], "must be a photograph"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "must be a photograph"),
        (bomb(4_001), "too many pixels"),
        (bomb(20_000), "too many pixels"),
    ],
)
def test_what_is_none_is_refused_with_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        photographs.cleaned(data)


def test_other_kinds_of_pictures_are_refused() -> None:
    written = io.BytesIO()
    Image.new("RGB", (10, 10)).save(written, "GIF")
    with pytest.raises(Invalid, match="a JPEG or a PNG"):
        photographs.cleaned(written.getvalue())


def test_it_is_shown_to_those_who_may_know_the_child_and_each_look_is_written_down(site: Site, child_id: str) -> None:
    assert site.browser("call_taker").get(f"/children/{child_id}/photograph").status_code == 404
    noisy = Image.effect_noise((2000, 1500), 90).convert("RGB")
    written = io.BytesIO()
    noisy.save(written, "JPEG", quality=95)
    assert len(written.getvalue()) > 1_000_000, "larger than what other pages take"
    assert send(site, child_id, written.getvalue()) == 302
    answer = site.browser("duty_inspector").get(f"/children/{child_id}/photograph")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = site.browser("duty_inspector").page(f"/children/{child_id}")
    [shown] = page.select("img.hw-photograph")
    assert str(shown["alt"]).startswith("Photograph of Alex Example")
    with reading(site.services.engine) as connection:
        asked = sa.select(ReadTable.classes).where(ReadTable.person == "duty_inspector", ReadTable.case_id == child_id)
        assert "D1" in connection.execute(asked).scalars().all()
    assert site.browser("school_dsl").get(f"/children/{child_id}/photograph").status_code == 404
    assert site.browser("information_governance").get(f"/children/{child_id}/photograph").status_code == 404


def test_a_file_that_is_none_changes_nothing(site: Site, child_id: str) -> None:
    assert send(site, child_id, b"no photograph") == 302
    with reading(site.services.engine) as connection:
        assert connection.execute(sa.select(PhotographRow.id)).all() == []


def test_only_those_who_write_down_who_a_child_is_add_one(site: Site, child_id: str) -> None:
    assert send(site, child_id, file(), "ppu_cse_unit") == 403
    assert send(site, child_id, file(), "school_dsl") == 404


def test_it_goes_with_the_records_of_the_child(site: Site, child_id: str) -> None:
    assert send(site, child_id, file()) == 302
    with writing(site.services.engine) as connection:
        found = erasing.find(connection, child_id)
        assert found is not None
        erasing.erase(connection, found, proposed_by="a", approved_by="b", basis="over", now=site.clock())
        assert connection.execute(sa.select(PhotographRow.id)).all() == []

"""Photographs of a child: taken in as pixels alone, so that nothing of where and by what they were taken comes along (D1).

What is sent is looked at by its first bytes and its size before a pixel is read, decoded, turned upright, made no larger than a
screen needs, and written anew as JPEG. Where it was taken, by which telephone and what else a file can hold stays behind.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, Moment
from workflows.children import ids_of

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

LARGEST_FILE = 10 * 1024 * 1024
MOST_PIXELS: Mapping[str, int] = MappingProxyType({"JPEG": 60_000_000, "PNG": 16_000_000})
"""By kind of file: a JPEG is read at the size that is wanted, a PNG is read whole, four bytes for each pixel."""
LONGEST_SIDE = 1_600
QUALITY = 85
DATA_CLASS = "D1"


class PhotographRow(Base):
    """One photograph of a child as JPEG; the latest is shown, the earlier ones are kept until they are withdrawn or the child's records go."""

    __tablename__ = "photographs"
    id: sa.Column[int] = stored(primary_key=True)
    child_id: sa.Column[str] = stored(sa.String(20))
    picture: sa.Column[bytes] = stored(sa.LargeBinary)
    added_by: sa.Column[str] = stored(sa.String(120))
    added_at: sa.Column[datetime] = stored(Moment)
    __table_args__ = (sa.Index("ix_photographs_child", "child_id", "id"),)


@frozen
class Photograph:
    """A photograph of a child, without its pixels."""

    id: int
    child_id: str
    added_by: str
    added_at: datetime


def add(connection: sa.Connection, child_id: str, picture: bytes, *, by: Actor, now: datetime) -> None:
    """Keep a photograph that `cleaned` has given."""
    row = {"child_id": child_id, "picture": picture, "added_by": by.person, "added_at": now}
    connection.execute(sa.insert(PhotographRow).values(row))


def latest(connection: sa.Connection, child_id: str) -> Photograph | None:
    """Tell of the latest photograph of a child under any of its ids; None where there is none."""
    return next(iter(every(connection, child_id)), None)


def every(connection: sa.Connection, child_id: str) -> tuple[Photograph, ...]:
    """Tell of each photograph that is kept of a child under any of its ids, the latest first."""
    return among(connection, ids_of(child_id))


def among(connection: sa.Connection, child_ids: Collection[str] | sa.CompoundSelect[Any]) -> tuple[Photograph, ...]:
    """Tell of every photograph that is kept under these ids, the latest first."""
    row = PhotographRow
    asked = sa.select(row.id, row.child_id, row.added_by, row.added_at).where(row.child_id.in_(child_ids))
    return tuple(Photograph(*each) for each in connection.execute(asked.order_by(row.id.desc())))


def picture(connection: sa.Connection, number: int) -> bytes:
    """Give the pixels of a photograph, as JPEG."""
    asked = sa.select(PhotographRow.picture).where(PhotographRow.id == number)
    return bytes(connection.execute(asked).scalar_one())


def cleaned(sent: bytes) -> bytes:
    """Write a photograph of a child anew, as `drawn_anew` does; refused with `Invalid`, also where it is too large a file."""
    if not sent:
        raise _refused("Select a photograph")
    if len(sent) > LARGEST_FILE:
        raise _refused(f"The photograph must be smaller than {LARGEST_FILE // 1024 // 1024} MB")
    return drawn_anew(sent, LONGEST_SIDE, "photograph")


def drawn_anew(sent: bytes, longest: int, called: str) -> bytes:
    """Write a picture anew as an upright JPEG, its longer side `longest` pixels at most, without anything else that its file held.

    Refused with `Invalid`, in whose words it is `called` so.
    """
    too_many = f"The {called} has too many pixels: send a smaller one"
    # Loaded where a photograph is sent only: most processes never see one.
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(sent), formats=tuple(MOST_PIXELS)) as opened:
            most = MOST_PIXELS[str(opened.format)]
            if opened.width * opened.height > most:
                raise _refused(too_many)
            opened.draft("RGB", (longest, longest))
            return _written(ImageOps.exif_transpose(opened), longest)
    except Image.DecompressionBombError as bomb:
        raise _refused(too_many) from bomb
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as fault:
        raise _refused(f"The file must be a {called}: a JPEG or a PNG that is whole") from fault


def _written(image: Picture, longest: int) -> bytes:
    """Write pixels as JPEG; what is see-through becomes white."""
    from PIL import Image

    image.thumbnail((longest, longest))
    layered = image.convert("RGBA")
    ground = Image.new("RGB", layered.size, "white")
    ground.paste(layered, mask=layered.getchannel("A"))
    written = io.BytesIO()
    ground.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()


def _refused(sentence: str) -> Invalid:
    return Invalid([Problem("photograph", "photograph", sentence)])

"""Tables written as classes."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from engine.rows import Rows, aliased, stored


class Described(Rows):
    metadata = sa.MetaData()


class Shared:
    seen_on: sa.Column[date | None]


class PetRow(Shared, Described):
    """A pet."""

    __tablename__ = "pets"
    id: sa.Column[int] = stored(primary_key=True)
    name: sa.Column[str] = stored(sa.String(20), default="")
    owner: sa.Column[str | None] = stored(sa.ForeignKey("pets.name"))
    __table_args__ = (sa.Index("ix_pets_name", "name"),)


def test_a_column_is_what_its_annotation_says() -> None:
    columns = Described.metadata.tables["pets"].columns
    said = {each.name: (str(each.type), each.nullable) for each in columns}
    assert said == {
        "id": ("INTEGER", False),
        "name": ("VARCHAR(20)", False),
        "owner": ("VARCHAR(20)", True),  # a foreign key takes the type of what it names
        "seen_on": ("DATE", True),
    }
    assert PetRow.name is columns["name"]


def test_a_statement_speaks_of_two_rows_of_one_table() -> None:
    pet, owner = PetRow, aliased(PetRow)
    asked = sa.select(pet.name, owner.seen_on).join(owner, owner.name == pet.owner)
    words = "SELECT pets.name, pets_1.seen_on FROM pets JOIN pets AS pets_1 ON pets_1.name = pets.owner"
    assert " ".join(str(asked).split()) == words

"""Values that never change."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, field, replace

import pytest

from engine.frozen import frozen


@frozen
class Pet:
    """A pet."""

    name: str
    legs: int = 4
    secret: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


@frozen
class Plant:
    """It has nothing, and says what it is itself."""

    def __repr__(self) -> str:
        return "a plant"


def test_values_are_the_same_when_what_is_compared_is() -> None:
    pet = Pet("Sky", secret="x", note="barks")
    assert pet == Pet("Sky", secret="x")
    assert hash(pet) == hash(Pet("Sky", secret="x"))
    assert pet != replace(pet, legs=3)
    assert pet.__eq__(Plant()) is NotImplemented
    assert len({Plant(), Plant()}) == 1


def test_a_value_shows_what_is_no_secret() -> None:
    assert repr(Pet("Sky", secret="x")) == "Pet(name='Sky', legs=4, note='')"
    assert repr(Plant()) == "a plant"


def test_a_value_never_changes_and_takes_nothing_more() -> None:
    pet = Pet("Sky")
    for name in ("name", "owner"):
        with pytest.raises(FrozenInstanceError, match=f"a Pet never changes: {name}"):
            setattr(pet, name, "Robin")
    with pytest.raises(FrozenInstanceError):
        del pet.name
    assert pet == Pet("Sky")
    assert not hasattr(pet, "__dict__")

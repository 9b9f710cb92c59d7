"""Invented names of people and places: made of syllables, so that they are nobody's, and told apart by ear."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

_FIRST = (
    "Zaf", "Quor", "Vesh", "Yelt", "Drax", "Ombr", "Thul", "Jurn", "Xeb", "Kvir", "Plon", "Skael", "Wuz", "Nyth", "Fosk",
    "Gwod", "Hasp", "Irx", "Brul", "Cthen", "Lurp", "Mavv", "Rhox", "Tzim",
)  # fmt: skip
_ENDS = ("ola", "imbe", "undi", "axo", "eru", "ysk", "ontha", "iddle", "umo", "arge", "ebbit", "ovin")
_LAST = (
    "Thorb", "Quell", "Zenk", "Vrond", "Yarst", "Mulx", "Krisp", "Jolb", "Wexth", "Dorv", "Fluth", "Grank", "Hovv", "Skond",
    "Pratz", "Nembl", "Xolt", "Ruvv", "Baxth", "Tivv", "Cradz", "Lomph", "Oxb", "Upst",
)  # fmt: skip
_LAST_ENDS = (
    "erwick", "ottle", "angor", "imsey", "ulthorpe", "edrake", "ombley", "irax", "anvil", "esquith", "ubbin", "ordane",
    "illowby", "azzard", "emmer", "oxley",
)  # fmt: skip

PLACES = (
    "Thistlewater", "Owlbridge", "Nether Quarrel", "Saltmarrow", "Copperwick", "Lower Humble", "Brindleford", "Mosshollow",
    "Great Pennow", "Kettlestone Green", "Vane End", "Harrowmill", "Fennick", "Sedgeley Cross", "Dunnock Vale",
)  # fmt: skip
"""Towns that are on no map."""
SPOTS = (
    "the bus station", "the skate park", "the arcade", "the canal bridge", "the library steps", "the tram stop",
    "the playing field", "the market hall",
)  # fmt: skip
HOMES = ("Lantern House", "Orchard End", "The Weir", "Swallowfield", "Ember Lodge", "Three Gables")
"""Children's homes of the county."""
ADULTS = ("Perrin", "Ottoline", "Caspian", "Wilmot", "Isolde", "Barnaby", "Xanthe", "Leopold")
"""Given names of grown-ups who report or are told; their last name is Example."""
TELEPHONES = 1_000
"""Ofcom keeps 0115 496 0000 to 0999 free for drama: nobody has such a number."""


def names(chance: Random, count: int) -> Iterator[str]:
    """Give so many different names, in an order of chance."""
    first = [start + end for start in _FIRST for end in _ENDS]
    last = [start + end for start in _LAST for end in _LAST_ENDS]
    taken: set[int] = set()
    for _ in range(count):
        place = chance.randrange(len(first) * len(last))
        while place in taken:
            place = (place + 1) % (len(first) * len(last))
        taken.add(place)
        yield f"{first[place % len(first)]} {last[place // len(first)]}"


def telephone(number: int) -> str:
    """Give a number that is kept free for drama."""
    return f"0115 496 {number % TELEPHONES:04}"

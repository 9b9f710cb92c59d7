"""How far two auditors agree who have scored the same cases without knowing of each other's scores (domain.md 6.9).

A pair is what both have given to one standard of one case; what does not apply for either is no pair. Besides the share of equal scores
stands Cohen's kappa, which takes away what would be equal by chance: J. Cohen, Weighted kappa, Psychological Bulletin 70, 1968,
pages 213 to 220, with linear weights, since scores from 0 to 3 are ordered: two apart counts twice what one apart does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from engine.frozen import frozen

FEWEST_PAIRS = 20
"""Of fewer pairs nothing is said: one more could turn it round."""

Pair = tuple[int, int]

_BANDS = (
    (Decimal("0.80"), "almost always"),
    (Decimal("0.60"), "largely"),
    (Decimal("0.40"), "moderately"),
    (Decimal("0.20"), "only in part"),
    (Decimal(0), "hardly more than by chance"),
)
"""Above which kappa two auditors agree how far: the bands of J. R. Landis and G. G. Koch, Biometrics 33, 1977, pages 159 to 174."""


@frozen
class Agreement:
    """How far the pairs agree: how many there are, how many are equal, and kappa.

    Kappa is 1 where all are equal and 0 where they are as equal as by chance; None where both have given one single score throughout,
    so that chance would have made all of them equal too.
    """

    pairs: int
    equal: int
    kappa: Decimal | None
    fewest: int = FEWEST_PAIRS

    @property
    def is_too_few(self) -> bool:
        """Whether there are fewer pairs than something can be said of."""
        return self.pairs < self.fewest

    @property
    def per_cent(self) -> int:
        """The share of equal scores in whole per cent; 0 of none."""
        return round(100 * self.equal / self.pairs) if self.pairs else 0

    @property
    def said(self) -> str:
        """Say it as it stands in a cell; nothing of too few pairs."""
        if not self.pairs:
            return "None"
        if self.is_too_few:
            return f"Too few ({self.pairs} pairs)"
        return f"{self.per_cent}% equal, kappa {'none' if self.kappa is None else self.kappa} ({self.pairs} pairs)"

    @property
    def meaning(self) -> str:
        """Say in plain words what kappa means."""
        if self.is_too_few:
            return f"Too few: fewer than {self.fewest} pairs"
        if self.kappa is None:
            return "Both gave one single score throughout, so kappa says nothing"
        found = next((words for above, words in _BANDS if self.kappa > above), "no more than by chance")
        return f"They agree {found}"


def agreement(pairs: Iterable[Pair]) -> Agreement:
    """Work out how far pairs of scores agree."""
    counts = Counter(pairs)
    total, equal = counts.total(), sum(count for (first, second), count in counts.items() if first == second)
    return Agreement(total, equal, _kappa(counts, total))


def _kappa(counts: Counter[Pair], total: int) -> Decimal | None:
    """Give one minus how far the pairs lie apart, divided by how far they would by chance: to two decimal places."""
    firsts: Counter[int] = Counter()
    seconds: Counter[int] = Counter()
    for (first, second), count in counts.items():
        firsts[first] += count
        seconds[second] += count
    apart = sum(abs(first - second) * count for (first, second), count in counts.items())
    by_chance = sum(abs(one - other) * firsts[one] * seconds[other] for one in firsts for other in seconds)
    if not by_chance:
        return None
    found = 1 - Fraction(apart * total, by_chance)
    return (Decimal(found.numerator) / found.denominator).quantize(Decimal("0.01"))

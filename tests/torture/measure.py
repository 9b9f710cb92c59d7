"""How long the torture lasts: a short part with a fixed seed for every run of the tests, the long one for `make torture`."""

from __future__ import annotations

import os
import random
import sys

LONG = os.environ.get("TORTURE") == "long"
SEED = int(os.environ.get("SEED") or (random.randrange(1 << 30) if LONG else 1))  # noqa: S311 - chance for a test


def chance_for(what: str) -> random.Random:
    """Give the chance of one test, and print the seed that repeats it."""
    say(f"{what}: SEED={SEED}")
    return random.Random(f"{SEED} {what}")  # noqa: S311 - chance for a test


def say(line: str) -> None:
    """Print a line of the report."""
    sys.stdout.write(f"\n{line}")
    sys.stdout.flush()


def spread(seconds: list[float]) -> str:
    """Say the middle, the 99th percentile and the worst of some durations, in milliseconds."""
    found = sorted(seconds)
    points = (found[len(found) // 2], found[min(len(found) - 1, len(found) * 99 // 100)], found[-1])
    return " / ".join(f"{each * 1000:.1f}" for each in points) + " ms (p50, p99, worst)"

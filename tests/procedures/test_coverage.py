"""The table of what lives where says what is there, and the list of what is not can only become shorter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.procedures import coverage


@pytest.fixture(scope="module")
def found(together: Path) -> tuple[coverage.Row, ...]:
    return tuple(coverage.rows(together))


def test_each_id_lives_somewhere_and_is_proved_by_a_story_or_is_listed_with_the_reason(
    found: tuple[coverage.Row, ...],
) -> None:
    there = {row.id for row in found}

    assert set(coverage.IDS) - there == set(coverage.NOT_YET), "what is there leaves the list; what is not stands in it"


@pytest.mark.parametrize("name", sorted(coverage.KEPT_BY_THE_PROGRAM))
def test_what_the_program_keeps_is_proved_by_tests_that_are_there(name: str, root: Path) -> None:
    _where, proofs = coverage.KEPT_BY_THE_PROGRAM[name]
    assert proofs
    for proof in proofs:
        path, _, test = proof.partition("::")
        assert f"def {test}(" in (root / path).read_text("utf-8"), proof


def test_the_list_of_what_is_not_there_becomes_no_longer() -> None:
    assert len(coverage.NOT_YET) <= coverage.MOST


def test_the_table_is_the_one_that_is_made(found: tuple[coverage.Row, ...]) -> None:
    assert coverage.PAGE.read_text(encoding="utf-8") == coverage.page(found), "python -m tests.procedures.coverage"

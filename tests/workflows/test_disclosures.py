"""What was given to whom is noted with its basis, and shown to those of the force and the council alone (G-33)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.errors import Invalid
from engine.model import Actor
from engine.store import writing
from tests.contracts.sample import NOW
from workflows import disclosures

CO_ORDINATOR = Actor("ann", frozenset({"mfh_coordinator"}), "force")
ROLES = CO_ORDINATOR.roles


def _note(connection: sa.Connection, about: str | list[str], **changed: str) -> None:
    told = {"to": "Meadow School", "what": "Facts of the episode", "basis": "school_or_health", **changed}
    disclosures.note_disclosure(connection, about=about, by=CO_ORDINATOR, now=NOW, **told)  # type: ignore[arg-type]


def test_what_was_given_of_several_cases_is_found_with_each(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        _note(connection, ["MC-1", "MC-2", "MC-1"])
        _note(connection, "CH-1", to="Council", basis="childrens_services")
        found = disclosures.of(connection, {"MC-1", "CH-1"}, roles=ROLES)
    assert [(each.about, each.given_to) for each in found] == [("CH-1", "Council"), ("MC-1", "Meadow School")]
    assert {(each.given_by, each.organisation, each.at) for each in found} == {("ann", "force", NOW)}


@pytest.mark.parametrize("role", ["rhi_worker", "school_dsl", "placement_provider", "host_la", "partnership_board"])
def test_who_reads_a_case_for_a_while_does_not_see_to_whom_it_was_given(engine: sa.Engine, role: str) -> None:
    with writing(engine) as connection:
        _note(connection, "MC-1")
        assert disclosures.of(connection, {"MC-1"}, roles={role}) == ()


def test_a_disclosure_without_recipient_kind_and_basis_is_refused_with_all_three(engine: sa.Engine) -> None:
    with writing(engine) as connection, pytest.raises(Invalid) as refused:
        _note(connection, "MC-1", to=" ", what="", basis="because")
    assert [problem.where for problem in refused.value.problems] == ["recipient", "what", "basis"]


def test_the_latest_disclosure_stands_first(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        _note(connection, "MC-1", to="First")
        later = {"to": "Second", "what": "All", "basis": "court_order"}
        disclosures.note_disclosure(connection, about="MC-1", by=CO_ORDINATOR, now=NOW + timedelta(days=1), **later)  # type: ignore[arg-type]
        assert [each.given_to for each in disclosures.of(connection, {"MC-1"}, roles=ROLES)] == ["Second", "First"]

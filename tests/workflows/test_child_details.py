"""What the reports said of a child, question by question: the newest that says something counts, and nothing is merged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from engine.forms import read
from engine.model import Actor
from engine.rows import aliased
from engine.store import reading, writing
from tests.workflows.test_children import DAY, FIRST, OTHER, ROBIN, SECOND, follow, matched
from tests.workflows.test_operations import a_scope, call
from workflows import audience, catalogue, child_details, child_projection
from workflows.about import AboutRow
from workflows.child_details import DETAILS, NO_SCHOOL
from workflows.children import ChildRow

THIRD = "MC-55555555"
CARE: dict[str, Any] = {
    "looked_after": "yes",
    "legal_status": "fco",
    "placement_name": "Oak House",
    "placement_type": "childrens_home",
    "out_of_area": "yes",
    "host_authority": "Example County",
}
HOME: dict[str, Any] = {
    "looked_after": "no",
    **dict.fromkeys(("legal_status", "placement_name", "placement_type", "out_of_area"), None),
}


def report(at: datetime, case_id: str, child: str = ROBIN, **said: Any) -> Any:
    silent = dict.fromkeys(("looked_after", "legal_status"))
    return matched(at, case_id, child, report={"child_full_name": "Robin Example", **silent, **said})


def known(engine: sa.Engine, child_id: str = ROBIN) -> dict[str, str]:
    with reading(engine) as connection:
        return {name: said.value for name, said in child_details.of_child(connection, child_id).items()}


def test_not_asked_and_refused_are_two_answers_and_neither_hides_what_is_known(
    engine: sa.Engine, now: datetime
) -> None:
    follow(engine, report(now, FIRST, "new", ethnicity="not_recorded", first_language="Polish"))
    assert known(engine)["ethnicity"] == "not_recorded"
    follow(engine, report(now + DAY, SECOND, ethnicity="not_stated", first_language=None))
    assert known(engine) == {"ethnicity": "not_stated", "first_language": "Polish"}
    follow(engine, report(now + 2 * DAY, THIRD, ethnicity="white_roma"))
    follow(engine, report(now + 3 * DAY, "MC-66666666", ethnicity="not_stated", interpreter_needed="not_known"))
    assert known(engine) == {"ethnicity": "white_roma", "first_language": "Polish", "interpreter_needed": "not_known"}


def test_a_newer_no_ends_what_rested_on_a_yes(engine: sa.Engine, now: datetime) -> None:
    """A child who is home again has no placement, and no county where it is placed."""
    follow(engine, report(now, FIRST, "new", **CARE))
    assert known(engine) == CARE
    follow(engine, report(now + DAY, SECOND, looked_after="not_known"))
    assert known(engine) == CARE, "who does not know ends nothing"
    follow(engine, report(now + 2 * DAY, THIRD, **HOME))
    assert known(engine) == {"looked_after": "no"}


def test_a_corrected_report_and_a_later_match_need_nothing_of_their_own(engine: sa.Engine, now: datetime) -> None:
    follow(
        engine,
        report(now, FIRST, "new", first_language="Polish"),
        report(now + DAY, SECOND, "new", first_language="Czech"),
    )
    assert (known(engine), known(engine, OTHER)) == ({"first_language": "Polish"}, {"first_language": "Czech"})
    follow(engine, report(now + DAY, SECOND, ROBIN, first_language="Slovak"))
    assert known(engine) == known(engine, OTHER) == {"first_language": "Slovak"}
    with reading(engine) as connection:
        (said,) = child_details.of_child(connection, ROBIN).values()
        assert (said.case_id, said.said_at) == (SECOND, now + DAY)


def test_what_is_drawn_anew_is_the_same(engine: sa.Engine, now: datetime) -> None:
    steps = [report(now, FIRST, "new", **CARE), report(now + DAY, SECOND, ethnicity="arab")]
    follow(engine, *steps)
    before = known(engine)
    with writing(engine) as connection:
        child_projection.rebuild(connection, steps)
    assert known(engine) == before


@pytest.mark.parametrize("classes", [{"D1"}, {"D2"}, {"D11"}, set()])
def test_each_answer_is_read_by_its_own_class(engine: sa.Engine, now: datetime, classes: set[str]) -> None:
    said = {"first_language": "Polish", "gender_identity": "Non-binary", **CARE}
    follow(engine, report(now, FIRST, "new", **said))
    with reading(engine) as connection:
        shown = list(child_details.readable(child_details.of_child(connection, ROBIN), classes))
    assert len(shown) == {"D1": 1, "D2": 6, "D11": 1}.get("".join(classes), 0)
    assert "Full care order" in {words for _detail, _said, words in shown} or "D2" not in classes


def test_the_report_asks_each_question_in_the_class_and_words_in_which_it_is_kept() -> None:
    form = read(catalogue.files("missing_child")["missing_report.form"], "missing_report.form")
    asked = {field.key: field for field in form.fields}
    for key, detail in DETAILS.items():
        assert asked[key].data_class == detail.data_class, key
        values = {choice.value for choice in asked[key].choices}
        assert values <= set(detail.values or ()), key
        assert bool(values) == (bool(detail.values) and not detail.names_agency), key


def test_a_child_whom_the_caller_names_is_filled_in_but_for_special_categories(
    engine: sa.Engine, now: datetime
) -> None:
    """Whoever takes a report asks of what group a child is, and does not read it back (domain.md 5.2, D11: min)."""
    follow(
        engine,
        report(now - DAY, FIRST, "new", ethnicity="arab", gender_identity="Girl", first_language="Polish", **CARE),
    )
    scope = a_scope(now) | {"case_opening": {"child": f" {ROBIN.lower()} "}}
    found = call(engine, "recall_record", scope, now)
    assert found["child_id"] == ROBIN
    assert found["name"] == "Robin Example"
    assert {name: found[name] for name in CARE} == CARE
    assert {"ethnicity", "gender_identity"}.isdisjoint(found)
    of_nobody = {"offered": [{"value": key, "label": words} for key, words in NO_SCHOOL.items()]}
    assert call(engine, "recall_record", a_scope(now), now) == of_nobody
    assert call(engine, "recall_record", {**scope, "case_opening": {"child": "CH-99999999"}}, now) == of_nobody


def test_what_was_imported_of_the_status_is_filled_in_where_no_report_says_it(engine: sa.Engine, now: datetime) -> None:
    from tests.workflows.test_cutover import bring_in, robin

    bring_in(engine, now)
    scope = a_scope(now) | {"case_opening": {"child": robin(engine)}}
    found = call(engine, "recall_record", scope, now)
    assert (found["looked_after"], found["legal_status"]) == ("yes", "s20")


def test_the_child_who_was_named_is_offered_first_though_nothing_is_alike(engine: sa.Engine, now: datetime) -> None:
    follow(engine, report(now - DAY, FIRST, "new"))
    scope = a_scope(now, child_full_name="Devon Other", date_of_birth=None) | {"case_opening": {"child": ROBIN}}
    found = call(engine, "find_children", scope, now)
    assert [each["value"] for each in found["matches"]] == [ROBIN]


@pytest.mark.parametrize(
    ("typed", "is_right"),
    [
        (None, True),
        ("943 476 5919", True),
        ("9434765919", True),
        ("943-476-5919", True),
        ("943 476 5918", False),
        ("934 476 5919", False),
        ("943 476 591", False),
        ("943 476 59190", False),
        ("not known", False),
        ("000 000 0000", False),
    ],
)
def test_an_nhs_number_is_held_to_its_check_digit(now: datetime, typed: str | None, is_right: bool) -> None:  # noqa: FBT001
    form = read(catalogue.files("missing_child")["missing_report.form"], "missing_report.form")
    asked = {field.key: field for field in form.fields}["nhs_number"]
    assert asked.check is not None
    assert not asked.required
    assert asked.check.evaluate({"nhs_number": typed}, now=now) is is_right


def pupils_of(engine: sa.Engine, school: str, now: datetime) -> set[str]:
    """Name the cases of the pupils of a school, as a list asks for them; a case by itself agrees."""
    row, who = aliased(AboutRow), Actor("head", frozenset({"school_dsl"}), school)
    with reading(engine) as connection:
        bounds = audience.audience(connection, who, now)
        asked = sa.select(row.case_id).where(*bounds.conditions("school_dsl", row.case_id))
        found = set(connection.execute(asked).scalars())
        for case_id in connection.execute(sa.select(row.case_id)).scalars():
            whose = audience.whose(connection, case_id, now)
            assert whose.has("school_dsl", {school}) is (case_id in found)
        return found


def test_a_school_has_the_cases_of_a_child_under_every_id_of_the_child(engine: sa.Engine, now: datetime) -> None:
    """Two records are found to be one child: the newest report of either says to which school the child goes."""
    follow(
        engine,
        report(now - 3 * DAY, FIRST, "new", school="oak_school"),
        report(now - 2 * DAY, SECOND, "new", school="hill_school"),
    )
    other = SECOND.replace("MC-", "CH-")
    with writing(engine) as connection:
        for case_id, child in (("RF-1", ROBIN), ("RF-2", other)):
            connection.execute(sa.insert(AboutRow).values(case_id=case_id, child_id=child, episode=""))
    assert (pupils_of(engine, "oak_school", now), pupils_of(engine, "hill_school", now)) == ({"RF-1"}, {"RF-2"})
    with writing(engine) as connection:
        connection.execute(sa.update(ChildRow).where(ChildRow.child_id == other).values(joined_to=ROBIN))
    assert (pupils_of(engine, "oak_school", now), pupils_of(engine, "hill_school", now)) == (set(), {"RF-1", "RF-2"})
    follow(engine, report(now - DAY, THIRD, school="not_known"))
    assert pupils_of(engine, "hill_school", now) == {"RF-1", "RF-2"}
    follow(engine, report(now - DAY, THIRD, school="other", school_name="Hill School"))
    assert pupils_of(engine, "hill_school", now) == set()

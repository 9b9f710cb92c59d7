"""What of the missing child procedure is a table rather than a story: every question's grade, every reason, every harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine import release
from tests.driving import MORNING
from tests.procedures.casework import FILES, Casework, files_of
from tests.procedures.milestones import assessed, graded, handed_over, heard, returned
from tests.procedures.pages import QUESTIONS
from workflows import catalogue
from workflows.agencies import ROLES
from workflows.operations import OPERATIONS

HIGH = frozenset({"suicide", "crime", "medication", "exploitation", "cce", "fm_hba", "previous_harm", "risk_to_others"})
"""One yes to one of these is enough for a high grade (domain 1.4)."""
PROCEDURE = release.load(release.pack(FILES)[0])


def floor(answers: dict[str, str], report: dict[str, Any] | None = None, now: datetime = MORNING) -> dict[str, Any]:
    """Decide both tables as the procedure does, and give the lowest allowed grade."""
    facts: dict[str, Any] = {
        "risk_assessment": {f"ra_{name}": answer for name, answer in answers.items()},
        "missing_report": {"approximate_age": 15, **(report or {})},
        "case": {"opened_at": now},
    }
    matches = PROCEDURE.decisions["risk_grade"].decide(facts, now=now).result
    found: dict[str, Any] = (
        PROCEDURE.decisions["risk_floor"].decide({**facts, "risk_factors": {"matches": matches}}, now=now).result
    )
    return found


def test_the_procedure_can_be_published_for_the_roles_that_there_are() -> None:
    assert release.check(FILES, ROLES, OPERATIONS).root == "missing_child"


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_yes_raises_the_floor_by_its_own_reason(name: str) -> None:
    others = dict.fromkeys(QUESTIONS, "no")
    found = floor({**others, name: "yes"})
    assert found["level"] == ("high" if name in HIGH else "medium")
    assert len(found["reasons"]) == (1 if name == "reason_known" else 2), "a known reason raises nothing"
    assert found["missing"] == []


@pytest.mark.parametrize("answer", ["not_known", None])
@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_not_known_never_lowers_and_is_named_as_missing(name: str, answer: str | None) -> None:
    answers = dict.fromkeys(QUESTIONS, "no") | ({name: answer} if answer else {})
    if answer is None:
        del answers[name]
    found = floor(answers)
    assert found["level"] == "medium"
    assert found["missing"] == [f"ra_{name}"]


@pytest.mark.parametrize(
    ("born", "level", "reasons"),
    [
        ("2016-03-03", "high", 2),
        ("2016-03-02", "medium", 2),
        ("2013-03-03", "medium", 2),
        ("2013-03-02", "medium", 1),
    ],
)
def test_a_birthday_counts_from_its_own_day(born: str, level: str, reasons: int) -> None:
    """The case is opened on 2 March 2026."""
    found = floor({}, {"date_of_birth": datetime.fromisoformat(born).date()})
    assert (found["level"], len(found["reasons"])) == (level, reasons)


@pytest.mark.parametrize(
    ("harm", "hours"),
    [(["none"], 24), (["physical_injury"], 1), (["self_harm", "overdose"], 1), (["unknown"], 1)],
)
def test_harm_and_not_knowing_of_harm_hasten_the_prevention_interview(harm: list[str], hours: int) -> None:
    case = returned(Casework(FILES, restored=False), harm=harm)
    assert case.due("hold_prevention_interview") == case.now + timedelta(hours=hours)


def test_a_high_grade_hastens_the_prevention_interview() -> None:
    case = graded(handed_over(Casework(FILES, restored=False)), "high").fill("record_return")
    assert case.due("hold_prevention_interview") == case.now + timedelta(hours=1)


def test_the_title_says_the_grade_and_never_a_name() -> None:
    case = handed_over(Casework(FILES, restored=False))
    titles = [case.last.title if case.last else ""]
    assessed(case).fill("decide_risk_grade")
    titles.append(case.last.title if case.last else "")
    assert titles == ["Missing child, not graded yet", "Missing child, graded medium"]


@pytest.mark.parametrize(
    ("reviewer", "level", "reviews", "hours"),
    [
        ("sergeant", "high", 0, 4), ("sergeant", None, 0, 4), ("sergeant", "medium", 3, 8), ("sergeant", "low", 0, 12),
        ("sergeant", "very_low", 0, 4), ("inspector", "high", 2, 4), ("inspector", None, 0, 4),
        ("inspector", "medium", 0, 12), ("inspector", "medium", 1, 24), ("inspector", "low", 0, 24),
        ("inspector", "very_low", 1, 12),
    ],
)  # fmt: skip
def test_reviews_follow_the_grade_and_the_rank(reviewer: str, level: str | None, reviews: int, hours: int) -> None:
    """Domain 1.6; not graded counts as high."""
    facts = {"reviewer": reviewer, "inspection": [{"key": "1"}] * reviews, "case": {"opened_at": MORNING}}
    facts |= {"risk": {"level": level}} if level else {}
    decision = PROCEDURE.decisions["review_interval"].decide(facts, now=MORNING)
    assert decision.result == timedelta(hours=hours)


GONE = datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reviewer", "level", "graded", "waits_since", "near"),
    [
        ("chief", None, None, 0, None),
        ("chief", "high", 1, 0, timedelta(hours=1)),
        ("chief", "low", 1, 0, timedelta(hours=25)),
        ("chief", "high", 1, 5, None),
        ("chief", "very_low", 1, 0, None),
        ("superintendent", "high", 1, 0, timedelta(hours=9)),
        ("superintendent", "high", 1, 13, timedelta(hours=33)),
        ("superintendent", "medium", 1, 0, timedelta(days=6, hours=1)),
        ("superintendent", "medium", 1, 170, timedelta(days=27)),
        ("superintendent", "low", 1, 0, timedelta(days=27)),
        ("superintendent", "low", 1, 24 * 28, datetime(2026, 4, 29, 8, tzinfo=UTC) - GONE),
        ("superintendent", "low", 1, 24 * 100, datetime(2026, 7, 30, 8, tzinfo=UTC) - GONE),
        ("superintendent", "low", 1, 24 * 200, datetime(2027, 1, 30, 9, tzinfo=UTC) - GONE),
        ("superintendent", "low", 1, 24 * 366, timedelta(days=366 + 364)),
    ],
)
def test_when_a_senior_has_a_review_to_do(
    reviewer: str, level: str | None, graded: int | None, waits_since: int, near: timedelta | None
) -> None:
    """Hours and days are from when the child went missing, on the last of January: three months later April has ended, and summer time begun (1.6)."""
    risk = {"level": level, "since": None if graded is None else GONE + timedelta(hours=graded)}
    facts = {
        "reviewer": reviewer,
        "clock": GONE + timedelta(hours=waits_since),
        "risk": risk,
        "case": {"opened_at": GONE},
        "missing_report": {"missing_since": GONE},
    }
    decision = PROCEDURE.decisions["senior_review"].decide(facts, now=GONE)
    assert decision.result == (None if near is None else GONE + near)


def test_the_clock_of_a_meeting_moves_with_everything_that_the_reasons_for_it_rest_on() -> None:
    """Its table asks the table of reasons, which asks others: once only what the first of them reads moved a clock."""
    rests_on = PROCEDURE.dependencies(PROCEDURE.node("meeting_clock_rang"))
    assert {
        "found",
        "prevention_interview",
        "return_interview_attempt",
        "disclosure_passed",
        "missing_report",
    } <= rests_on


def test_a_condition_is_not_asked_again_while_nothing_that_it_rests_on_has_changed() -> None:
    """The tables that it asks count, and for an item the list that it comes from; what asks the clock is always asked again."""
    assert PROCEDURE.rests_on("known.age >= 18") == frozenset({"known"})
    assert (PROCEDURE.rests_on('endorser() = "duty_inspector"') or set()) >= {"risk", "known", "risk_assessment"}
    assert (PROCEDURE.rests_on("authority.level != risk.level") or set()) >= {"authority", "risk"}
    assert PROCEDURE.rests_on("count(meeting_threshold()) > 0") is None
    assert PROCEDURE.rests_on("found.returned_at < now()") is None
    item = next(node.loop for node in PROCEDURE.nodes.values() if node.loop is not None and node.loop.element)
    records = PROCEDURE.rests_on(item.collection)
    assert PROCEDURE.rests_on(f"{item.element}.type") == (None if records is None else records | {item.element})


def test_high_is_never_left_by_the_table_without_an_approval() -> None:
    facts: dict[str, Any] = {"risk": {"level": "high"}, "regrade": [{"level": "low", "rationale": "Thin."}]}
    for approval in ([], [{"approved": "no"}], [{"approved": "yes"}, {"approved": "no"}]):
        asked = {**facts, "downgrade_approval": approval, "case": {"opened_at": MORNING}}
        assert PROCEDURE.decisions["new_grade"].decide(asked, now=MORNING).result is None
    raised = {**facts, "grade_raise": [{"level": "medium"}], "case": {"opened_at": MORNING}}
    assert PROCEDURE.decisions["raised_grade"].decide(raised, now=MORNING).result is None


def test_a_task_for_one_of_several_is_shown_its_own_and_everything_that_belongs_to_the_case() -> None:
    assert PROCEDURE.own_records["carry_out_action"] == {"action", "action_result"}
    assert PROCEDURE.own_records["decide_on_sign"] == {"protection_decision", "flag_decided", "serious_event_suspected"}
    assert PROCEDURE.own_records["do_meeting_action"] == {"meeting_action", "meeting_action_result"}


@pytest.mark.parametrize("name", catalogue.procedures())
def test_a_question_that_is_hidden_by_answers_says_in_words_when_it_is_asked(name: str) -> None:
    """No hint of ours is the stand-in for words that nobody wrote."""
    forms = release.load(release.pack(files_of(name))[0]).forms
    said = {
        f"{form}.{condition.words}"
        for form in forms
        for block in forms[form].blocks
        for condition in block.conditions
        if "it applies after your answer" in condition.words
    }
    assert said == set()


def test_a_case_keeps_the_times_that_held_on_the_day_on_which_it_was_opened() -> None:
    """From 5 March an interview is written up in one working day; who was reported before has the two of then, and another area its own."""
    table = FILES["deadlines.dmn"]
    begins = table.index('      <rule id="t27_2">')
    row = table[begins : table.index("</rule>", begins) + len("</rule>\n")]
    until = row.replace('t27_2_in_5"><text>-', 't27_2_in_5"><text>&lt; date("2026-03-05")')
    since = row.replace('t27_2_in_5"><text>-', 't27_2_in_5"><text>&gt;= date("2026-03-05")')
    since = since.replace("t27_2", "t27_new").replace("working days after(clock, 2)", "working days after(clock, 1)")
    files = {**FILES, "deadlines.dmn": table.replace(row, until + since)}

    def due(opened_at: datetime, authority: str) -> timedelta:
        case = Casework(files, restored=False, now=opened_at)
        graded(handed_over(case, responsible_authority=authority)).wait(days=7).fill("record_return")
        at = heard(case).due("write_up_return_interview")
        assert at is not None
        return at - case.now

    monday, next_monday = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 9, 9, tzinfo=UTC)
    assert due(monday, "nottingham_city") == timedelta(days=2), "it runs after the fifth, and keeps what held before"
    assert due(next_monday, "nottingham_city") == timedelta(days=1)
    assert due(next_monday, "oxfordshire_county") == timedelta(days=3)


def test_a_case_whose_search_took_very_many_actions_can_still_be_closed() -> None:
    """The page looked through all results once for each action: from about 250 on it took too many steps, and the case could never end."""
    actions = [{"key": str(each), "what": "Ask at the boat house", "task_of_the_plan": None} for each in range(900)]
    results = [{"key": each["key"], "result_code": "negative"} for each in actions[1:]]
    scope = {"action": actions, "action_result": results}
    form = PROCEDURE.forms["case_closure"].settled(scope=scope, now=MORNING)
    (unfinished,) = (field for field in form.fields if field.key == "unfinished")
    assert [choice.value for choice in unfinished.choices] == ["Ask at the boat house"]
    assert unfinished in form.page(scope=scope, now=MORNING)
    assert unfinished.key not in {
        block.key
        for block in form.page(scope={**scope, "action": actions[1:]}, now=MORNING)
        if isinstance(block, type(unfinished))
    }

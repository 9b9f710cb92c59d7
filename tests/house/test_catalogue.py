"""The procedures that are shipped speak our words: lanes, forms, alerts, templates, deadlines; and the reverse."""

from collections.abc import Callable

import pytest

from engine import release as engine_release
from notifications import outbox, wording
from web import verification
from workflows import (
    administration,
    alarms,
    attachment_mails,
    board_mails,
    break_glass,
    catalogue,
    comments,
    copies,
    correction_mails,
    draft_mails,
    handovers,
    merge_mails,
    notices,
    reminders,
    seal_mails,
    unstaffed,
)
from workflows import verification as projected
from workflows.agencies import ROLES
from workflows.alert_table import ALERTS
from workflows.alerts import WHOEVER_IS_ON_DUTY
from workflows.obligations import OBLIGATIONS
from workflows.operations import NAMES

Change = Callable[[dict[str, str]], None]


@pytest.fixture(params=catalogue.procedures())
def release(request: pytest.FixtureRequest) -> dict[str, str]:
    """The files of each procedure that is shipped."""
    return catalogue.files(request.param)


@pytest.fixture
def missing_child() -> dict[str, str]:
    """The files of the missing child procedure."""
    return catalogue.files("missing_child")


def test_the_missing_child_procedure_and_those_of_a_child_are_shipped() -> None:
    assert catalogue.procedures() == (
        "audit",
        "cancellation",
        "daily_management",
        "disruption",
        "exploitation_flag",
        "missing_child",
        "prevention",
        "protocol_review",
        "quarterly_packs",
        "recommendation",
        "referral",
        "reopening",
        "repeat_pattern",
        "report",
        "retention_review",
        "serious_event",
        "trigger_plan",
    )


FROM_ANYBODY = {"action_wanted"}
"""Messages that any case or page may send, whether a shipped procedure does so or not."""


def test_what_one_procedure_says_to_another_is_heard_there() -> None:
    """Every message that opens or joins a case of a child is sent by some procedure that is shipped."""
    sent: set[str] = set()
    awaited: set[str] = set()
    for name in catalogue.procedures():
        release = engine_release.check(catalogue.files(name), tuple(ROLES), NAMES)
        for node in release.nodes.values():
            if node.message:
                (sent if node.kind in {"end", "throw"} else awaited).add(node.message)
    assert awaited - sent <= FROM_ANYBODY


def test_what_is_shipped_speaks_our_words(release: dict[str, str]) -> None:
    """Every lane is a role, every task of people has a form, every role told is known, every field has a data class."""
    assert catalogue.check(release) == ()


def test_every_alert_has_a_template_and_every_template_an_alert() -> None:
    assert {alert.template for alert in ALERTS} | {
        verification.TEMPLATE,
        *copies.TEMPLATES,
        outbox.TEMPLATE,
        correction_mails.TEMPLATE,
        correction_mails.BESIDE,
        administration.TEMPLATE,
        board_mails.TEMPLATE,
        comments.TEMPLATE,
        reminders.TEMPLATE,
        *alarms.TEMPLATES,
        *attachment_mails.TEMPLATES,
        *break_glass.TEMPLATES,
        seal_mails.TEMPLATE,
        *draft_mails.TEMPLATES,
        *handovers.TEMPLATES,
        *merge_mails.TEMPLATES,
        *notices.TEMPLATES,
        *unstaffed.TEMPLATES,
    } == wording.names()


def test_every_alert_has_a_name_of_its_own_a_source_and_known_roles() -> None:
    assert len({alert.id for alert in ALERTS}) == len(ALERTS)
    assert all(alert.source for alert in ALERTS)
    assert {role for alert in ALERTS for role in alert.roles} | set(WHOEVER_IS_ON_DUTY) <= set(ROLES)


def test_every_deadline_says_what_it_asks_for_and_no_words_are_left_over() -> None:
    shipped = (catalogue.deadlines(catalogue.files(name)) for name in catalogue.procedures())
    assert frozenset().union(*shipped) == set(OBLIGATIONS)


def replaced(name: str, old: str, new: str) -> Change:
    def change(files: dict[str, str]) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new)

    return change


def left_out(name: str) -> Change:
    def change(files: dict[str, str]) -> None:
        del files[name]

    return change


@pytest.mark.parametrize(
    ("change", "rule", "where"),
    [
        (replaced("missing_child.bpmn", 'lane id="locate_sergeant"', 'lane id="wizard"'), "lane-is-a-role", "wizard"),
        (left_out("handover.form"), "task-has-a-form", "acknowledge_handover"),
        (replaced("missing_child.bpmn", 'formId="handover"', 'formId=""'), "task-has-a-form", "acknowledge_handover"),
        (replaced("deadlines.dmn", '["duty_inspector"]', '["wizard"]'), "told-role-known", "t03_high_1"),
        (replaced("deadlines.dmn", '"T-03"', '"T-99"'), "deadline-has-words", "t03_high_1"),
        (replaced("found.form", '"D2"', '"D99"'), "data-class-known", "found.returned_at"),
        (replaced("missing_child.bpmn", "flags D3 D9F", "flags D13 D9F"), "data-class-known", "recall_child"),
        (replaced("missing_child.bpmn", 'value="D4"', 'value="D0"'), "data-class-known", "find_children"),
        (replaced("found.form", '"returned_at"', '"came_back_at"'), "projection-field", "found"),
        (replaced("risk_floor.dmn", 'name="level"', 'name="grade"'), "projection-field", "risk_floor"),
        (
            replaced("return_interview.bpmn", '"offer_return_interview"', '"offer_a_talk"'),
            "alert-has-its-element",
            "offer_return_interview",
        ),
        (replaced("found.form", "{", "{{"), "not-json", "found.form"),
        (lambda files: files.update({"found.form": "[]"}), "not-a-form", "found.form"),
        (replaced("risk_grade.dmn", "</", "<"), "not-well-formed", "risk_grade.dmn"),
    ],
)
def test_a_planted_fault_is_found_where_it_is(
    missing_child: dict[str, str], change: Change, rule: str, where: str
) -> None:
    change(missing_child)

    assert (rule, where) in {(problem.rule, problem.where) for problem in catalogue.check(missing_child)}


def test_all_problems_are_said_at_once(missing_child: dict[str, str]) -> None:
    replaced("missing_child.bpmn", 'lane id="locate_sergeant"', 'lane id="wizard"')(missing_child)
    replaced("deadlines.dmn", '"T-25"', '"T-99"')(missing_child)
    left_out("handover.form")(missing_child)

    assert {problem.rule for problem in catalogue.check(missing_child)} == {
        "lane-is-a-role",
        "deadline-has-words",
        "task-has-a-form",
    }


def test_every_projection_is_verified_and_rebuilt() -> None:
    following = {
        observer.__module__ for observer in catalogue.observers("") if getattr(observer, "__name__", "") == "project"
    }
    assert following == {projection.__name__ for projection in projected.PROJECTIONS}

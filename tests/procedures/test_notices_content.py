"""What N1, N5 and N8 hold at least (domain.md 5.2a): the page of the task shows it, to the role that has the task, by its own rights."""

from __future__ import annotations

import pytest

from engine import release
from tests.procedures.casework import FILES
from workflows.access import Standing, readable

PROCEDURE = release.load(release.pack(FILES)[0])

MISSING_NOTICE = (
    ("known", "child_id"), ("missing_report", "date_of_birth"), ("missing_report", "approximate_age"),
    ("missing_report", "home_address"), ("missing_report", "placement_name"), ("missing_report", "missing_since"),
    ("risk", "level"), ("risk", "rationale"), ("risk_floor", "reasons"), ("known", "flags"),
)  # fmt: skip
LEAST = {
    "acknowledge_missing_notice": ("csc_mash", MISSING_NOTICE),
    "decide_on_sign": (
        "ppu_cse_unit",
        (*MISSING_NOTICE, ("missing_report", "usual_haunts"), ("return_interview", "exploitation_screen")),
    ),
    "offer_return_interview": (
        "rhi_worker",
        (
            ("missing_report", "child_full_name"), ("missing_report", "date_of_birth"), ("missing_report", "home_address"),
            ("missing_report", "child_phone"), ("missing_report", "first_language"), ("missing_report", "interpreter_needed"),
            ("missing_report", "disability_detail"), ("missing_report", "missing_since"), ("found", "returned_at"),
        ),
    ),
}  # fmt: skip
"""By the task: who has it, and each (record, field) that its page shows at least; the reference of the case is on every page."""

NEVER = {
    "acknowledge_missing_notice": ("D4",),
    "decide_on_sign": ("D12",),
    "offer_return_interview": ("D4", "D5", "D12"),
}
"""The classes of which nothing stands there: intelligence and its sources, the narrative of therapy, the plan of the police."""


@pytest.mark.parametrize("element", LEAST)
def test_the_page_of_a_notice_shows_what_it_must(element: str) -> None:
    node = PROCEDURE.node(element)
    role, least = LEAST[element]
    classes = readable([role], standing=Standing.OPEN)
    asked = {form.id: {field.key for field in form.fields} for form in PROCEDURE.forms.values()}
    assert node.role == role
    assert [record for record, _field in least if record not in node.beside] == []
    assert [each for each in least if not PROCEDURE.may_read(*each, classes)] == []
    assert [(record, field) for record, field in least if record in asked and field not in asked[record]] == []


@pytest.mark.parametrize("element", NEVER)
def test_the_page_of_a_notice_shows_nothing_that_it_must_never(element: str) -> None:
    node = PROCEDURE.node(element)
    classes = readable([node.role], standing=Standing.OPEN)
    asked = {form.id: form.fields for form in PROCEDURE.forms.values()}
    shown = [(record, field) for record in node.beside for field in asked.get(record, ())]
    read = {
        PROCEDURE.data_class(record, field.key)
        for record, field in shown
        if PROCEDURE.may_read(record, field.key, classes)
    }
    assert len(shown) > 10
    assert read.isdisjoint(NEVER[element])

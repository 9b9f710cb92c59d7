"""The alerts as a table: which event of which procedure tells whom, with which template (domain.md 5.2a and 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.frozen import frozen
from engine.model import Event
from engine.views import EventRow

PROCEDURE = "missing_child"


@frozen
class Alert:
    """An event of a procedure tells the holders of roles, with a template of `notifications/templates`.

    `element` narrows the event to one element of the diagrams; empty is any. Empty `roles` are those that the event
    itself names in ``tell``. `obligation` says what is to be done; empty takes the words of the deadline. Told only where its task answered the
    record and field `said`, and never once the case knows the record and field `unless`. One that is `gathered` may wait for others within the
    hour, unless it is urgent. Where no task has opened, the link leads to the case's own page, or to the `page` that has its readers.
    """

    id: str
    kind: str
    element: str
    roles: tuple[str, ...]
    template: str
    obligation: str
    urgent: bool
    source: str
    procedure: str = PROCEDURE
    said: tuple[str, str] = ("", "")
    unless: tuple[str, str] = ("", "")
    gathered: bool = False
    page: str = "cases"


NEVER_GATHERED = frozenset({"T-03", "T-10", "T-14", "T-18", "T-28", "T-42"})
"""The deadlines that page: what they say, urgent or not, waits for no other message (domain.md 7, etiquette of reminders)."""


def _one_for_each(name: str, procedure: str, obligation: str, source: str, roles: Mapping[str, str]) -> Iterator[Alert]:
    """Give an alert for each element that is the same task for another role; `roles` has the role by the element."""
    for element, role in roles.items():
        yield Alert(
            f"{name}_{role}",
            "task_opened",
            element,
            (role,),
            "task",
            obligation,
            urgent=False,
            source=source,
            procedure=procedure,
        )


def _passed_on(elements: Mapping[str, str]) -> Iterator[Alert]:
    """Give an alert for each task in which somebody says that harm was passed on; `elements` has the element by the name."""
    for name, element in elements.items():
        yield Alert(
            name,
            "task_completed",
            element,
            ("csc_mash", "mfh_coordinator"),
            "passed_on",
            "read what was passed on, and say who acts on it",
            urgent=True,
            source="T-28, domain 5.4, 13.5",
        )


_BOARD = ("partnership_board", "board_secretary", "board_chair")


def _issued(readers: Mapping[str, tuple[str, ...]]) -> Iterator[Alert]:
    """Give an alert for each end of a report that was issued: its readers hear that it is there, and nothing of what it says."""
    for element, roles in readers.items():
        yield Alert(
            element,
            "element_passed",
            element,
            roles,
            "report_issued",
            "read the report that was issued",
            urgent=False,
            source="N12",
            procedure="report",
            page="reports",
        )


ALERTS: tuple[Alert, ...] = (
    Alert(
        "deadline",
        "timer_fired",
        "",
        (),
        "deadline",
        "",
        urgent=False,
        source="domain 7, who and when",
        procedure="",
        gathered=True,
    ),
    Alert(
        "handover_waits",
        "task_opened",
        "acknowledge_handover",
        ("duty_inspector",),
        "handover",
        "read the report and acknowledge the hand-over by name",
        urgent=True,
        source="T-03, G-14 [S23]",
    ),
    Alert(
        "missing_notice",
        "case_opened",
        "",
        ("csc_mash",),
        "missing_notice",
        "read the notice and tell the police what you know",
        urgent=True,
        source="N1, T-06, G-24 [S22]",
    ),
    Alert(
        "high_grade_notice",
        "task_opened",
        "acknowledge_high_grade",
        ("csc_mash",),
        "high_grade_notice",
        "acknowledge that the grade is high now, and act at once",
        urgent=True,
        source="N1, T-06, domain 1.2, 1.6",
    ),
    Alert(
        "rescue_alert",
        "task_opened",
        "consider_rescue_alert",
        ("duty_inspector",),
        "task",
        "decide on a child rescue alert: the grade is high",
        urgent=True,
        source="T-14, domain 13.5 [S07]",
    ),
    Alert(
        "grade_raised",
        "element_passed",
        "grade_raised",
        ("control_room_supervisor", "duty_inspector", "locate_sergeant"),
        "grade_raised",
        "read why, and see that what is done fits the grade",
        urgent=False,
        source="domain 1.6 [S22][S07]",
    ),
    Alert(
        "raise_notice",
        "element_passed",
        "authority_hears_of_raise",
        ("csc_mash",),
        "grade_raised",
        "read the new grade, and tell the police what you know",
        urgent=False,
        source="N1, domain 1.6",
    ),
    Alert(
        "long_absence",
        "task_opened",
        "acknowledge_long_absence",
        ("csc_team_manager",),
        "task",
        "answer for what is done for a child who is missing for a day or longer",
        urgent=False,
        source="T-19 [S58][S59]",
    ),
    Alert(
        "located",
        "task_opened",
        "say_way_back",
        ("duty_inspector", "locate_sergeant"),
        "task",
        "say how a child who is located comes back",
        urgent=True,
        source="domain 9 (located, not returned)",
    ),
    Alert(
        "found_notice",
        "task_opened",
        "tell_authority_of_return",
        ("csc_mash",),
        "found_notice",
        "read that the child is found; the police will ring you",
        urgent=False,
        source="N7, T-22 [S86]",
    ),
    Alert(
        "report_in_error",
        "task_opened",
        "decide_cancellation",
        ("duty_inspector",),
        "task",
        "decide whether a report that was made in error is cancelled",
        urgent=False,
        source="domain 9 (cancelled in error)",
        procedure="cancellation",
    ),
    Alert(
        "cancelled",
        "message_received",
        "report_is_cancelled",
        ("csc_mash", "mfh_coordinator", "duty_inspector"),
        "cancelled",
        "tell whoever you told of the absence that the report was made in error",
        urgent=False,
        source="domain 9 (cancelled in error)",
    ),
    Alert(
        "interview_request",
        "task_opened",
        "offer_return_interview",
        ("rhi_worker", "rhi_manager"),
        "interview_request",
        "offer the child a return interview",
        urgent=False,
        source="N8, T-24, G-01 [S47]",
    ),
    *_passed_on(
        {
            "passed_on": "pass_disclosure",
            "passed_on_late": "pass_late_disclosure",
            "passed_on_by_police": "pass_on_what_was_told",
        }
    ),
    Alert(
        "safe_place",
        "task_opened",
        "decide_where_child_goes",
        ("duty_inspector", "csc_mash"),
        "task",
        "decide, police and social care together, where a child goes who is not safe where it is",
        urgent=True,
        source="C-102, domain 2.5 [S66]",
    ),
    Alert(
        "exploitation",
        "task_opened",
        "decide_on_sign",
        ("ppu_cse_unit",),
        "task",
        "decide on a question that waits for your unit",
        urgent=True,
        source="N5, T-15 [PCC]",
    ),
    Alert(
        "exploitation_view",
        "task_opened",
        "give_exploitation_view",
        ("ppu_cse_unit",),
        "task",
        "say what you know before a grade is lowered",
        urgent=True,
        source="domain 1.6",
    ),
    Alert(
        "view_is_late",
        "timer_fired",
        "view_is_late",
        ("ppu_cse_unit", "duty_inspector"),
        "view_is_late",
        "nothing more: the duty inspector decides without the view",
        urgent=False,
        source="domain 1.6, C-11",
    ),
    Alert(
        "told_the_search",
        "task_completed",
        "decide_on_sign",
        ("locate_sergeant", "duty_inspector"),
        "told_the_search",
        "read what is new for the search, and act on it",
        urgent=True,
        source="domain 13.8, T-15, N5 [PCC]",
        said=("protection_decision", "for_the_search"),
        unless=("found", "returned_at"),
    ),
    *_one_for_each(
        "disruption",
        "disruption",
        "decide on an action for a child",
        "domain 2.5, 2.7",
        {
            "take_into_police_protection": "duty_inspector",
            "apply_for_recovery_order": "csc_team_manager",
        },
    ),
    *_one_for_each(
        "serious_event",
        "serious_event",
        "tell the inspectorate of a serious event without delay, and say when",
        "N11, T-41, G-37 [S69]",
        {"notify_inspectorate": "placement_provider", "see_to_notice": "csc_team_manager"},
    ),
    Alert(
        "serious_event_home",
        "task_opened",
        "name_home",
        ("csc_team_manager",),
        "task",
        "say in which children's home a child lives",
        urgent=True,
        source="T-41, C-81",
        procedure="serious_event",
    ),
    Alert(
        "serious_event_answer",
        "task_opened",
        "answer_notice",
        ("csc_team_manager",),
        "task",
        "say what the council does after a serious event at a home",
        urgent=False,
        source="domain 2.4, C-82",
        procedure="serious_event",
    ),
    Alert(
        "audit_risk",
        "task_opened",
        "act_on_immediate_risk",
        ("duty_inspector",),
        "task",
        "act on a risk to a child that an audit has seen",
        urgent=True,
        source="domain 6.9 (immediate_risk_found), C-41",
        procedure="audit",
    ),
    *_one_for_each(
        "audit_finding",
        "audit",
        "act on a finding of an audit",
        "G-39 [PCC]",
        {
            "act_on_finding_control_room": "control_room_supervisor",
            "act_on_finding_inspector": "duty_inspector",
            "act_on_finding_locate": "locate_sergeant",
            "act_on_finding_coordinator": "mfh_coordinator",
            "act_on_finding_provider": "rhi_manager",
        },
    ),
    Alert(
        "audit_month",
        "task_opened",
        "read_summary",
        ("chief_inspector_missing",),
        "task",
        "read the summary of the month's audits and decide what changes",
        urgent=False,
        source="domain 6.9, T-44",
        procedure="audit",
    ),
    Alert(
        "protocol",
        "task_opened",
        "review_protocol",
        ("board_secretary",),
        "task",
        "look at the joint protocol again before its year is over",
        urgent=False,
        source="T-47 [S62]",
        procedure="protocol_review",
    ),
    Alert(
        "protocol_agreement",
        "task_opened",
        "agree_to_protocol",
        ("board_chair",),
        "task",
        "agree to what was put forward for the joint protocol",
        urgent=False,
        source="T-47, C-83",
        procedure="protocol_review",
    ),
    Alert(
        "retention",
        "task_opened",
        "decide_what_is_kept",
        ("information_governance",),
        "task",
        "decide what is kept of what has reached the end of its period",
        urgent=False,
        source="T-49 [S81][S82]",
        procedure="retention_review",
    ),
    *_one_for_each(
        "position",
        "recommendation",
        "take a position on a recommendation",
        "domain 3.5, C-51",
        {
            "assess_as_chief_inspector": "chief_inspector_missing",
            "assess_as_superintendent": "superintendent",
        },
    ),
    *_one_for_each(
        "milestone",
        "recommendation",
        "carry out a milestone of an inspection's recommendation",
        "domain 6.10, T-46",
        {
            "carry_out_as_coordinator": "inspection_coordinator",
            "carry_out_as_chief_inspector": "chief_inspector_missing",
            "carry_out_as_mfh": "mfh_coordinator",
            "carry_out_as_locate": "locate_sergeant",
            "carry_out_as_audit": "audit_lead",
        },
    ),
    Alert(
        "milestone_escalated",
        "task_opened",
        "decide_on_overdue_milestone",
        ("chief_inspector_missing",),
        "task",
        "say why a milestone of a recommendation is late",
        urgent=False,
        source="T-46 first escalation",
        procedure="recommendation",
    ),
    Alert(
        "report_wanted",
        "task_opened",
        "write_report",
        ("inspection_coordinator",),
        "task",
        "write a report of oversight",
        urgent=False,
        source="domain 3.5, C-108, C-109",
        procedure="report",
    ),
    Alert(
        "report_review",
        "task_opened",
        "review_report",
        ("chief_inspector_missing",),
        "task",
        "review a report that was drawn up",
        urgent=False,
        source="C-110",
        procedure="report",
    ),
    *_one_for_each(
        "signing",
        "report",
        "sign a report that was reviewed, or send it back",
        "C-111, domain 3.1 (13) [PCC]",
        {
            "sign_as_commissioner": "commissioner",
            "sign_as_chief_officer": "assistant_chief_constable",
        },
    ),
    Alert(
        "publication",
        "task_opened",
        "record_publication",
        ("inspection_coordinator",),
        "task",
        "publish the response that was signed, and record it",
        urgent=False,
        source="C-108 [K]",
        procedure="report",
    ),
    *_issued({"panel_has_pack": ("scrutiny_panel", "commissioner"), "partnership_has_pack": _BOARD}),
    Alert(
        "stranded",
        "case_stranded",
        "",
        ("chief_inspector_missing", "administrator"),
        "stranded",
        "look at the case, and carry on by hand what it should do next",
        urgent=True,
        source="house 1: every open case has a future",
        procedure="",
    ),
)
"""Every alert; urgent ones leave first and are given up sooner."""


def raised(procedure: str, event: Event | EventRow) -> Iterator[Alert]:
    """Give the alerts that an event in a case of a procedure raises, where the alert or the event itself names roles."""
    for alert in ALERTS:
        is_meant = alert.procedure in {"", procedure} and alert.element in {"", event.element}
        if alert.kind == event.kind and is_meant and (alert.roles or event.data.get("tell")):
            yield alert

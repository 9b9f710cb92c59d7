"""Who takes part: the kinds of organisation, and the roles that stand as lanes in the diagrams (domain.md 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.frozen import frozen


@frozen
class Role:
    """One role: the key that is a lane's id, its title in words, the kind of its organisation (empty: of any), and its source."""

    key: str
    title: str
    kind: str
    source: str

    def fits(self, kind: str) -> bool:
        """Tell whether an organisation of this kind has the role."""
        return self.kind in {"", kind}


KINDS: Mapping[str, str] = MappingProxyType(
    {
        "family": "Parent or carer",
        "police": "Police",
        "local_authority": "Local authority",
        "interview_provider": "Return interview provider",
        "placement": "Children's home or fostering agency",
        "health": "Health",
        "education": "Education",
        "youth_justice": "Youth justice",
        "partnership": "Safeguarding partnership",
        "commissioner": "Office of the police and crime commissioner",
        "external": "Outside body",
        "operator": "Operator of this service",
    }
)
"""Kinds of organisation, and the words for them."""

_NEED = "domain 5.1"

_ROWS = (
    ("reporter", "Parent, carer or placement who reports", "family", f"{_NEED}, S26, S75"),
    ("call_taker", "Call taker", "police", f"{_NEED}, S02, S06"),
    ("control_room_supervisor", "Control room supervisor", "police", f"{_NEED}, S22, S23, S24"),
    ("response_officer", "Response officer", "police", f"{_NEED}, S19, S20"),
    ("locate_sergeant", "Locate team sergeant", "police", f"{_NEED}, PCC"),
    ("duty_inspector", "Duty inspector", "police", f"{_NEED}, T-03"),
    ("mfh_coordinator", "Missing from home co-ordinator", "police", f"{_NEED}, S08, PCC"),
    ("chief_inspector_missing", "Chief inspector for missing", "police", f"{_NEED}, PCC"),
    ("ppu_cse_unit", "Public protection and exploitation unit", "police", f"{_NEED}, PCC"),
    ("superintendent", "Superintendent", "police", _NEED),
    ("search_team", "Whoever works on the search", "police", "domain 1.6: upgrade by anyone with case write access"),
    ("audit_lead", "Audit lead", "police", f"{_NEED}, PCC"),
    ("inspection_coordinator", "Inspection co-ordinator", "police", f"{_NEED}, PCC"),
    ("information_governance", "Information governance officer", "police", "domain 5.3, 5.5; DPA 2018 s62"),
    ("csc_mash", "Multi-agency safeguarding hub", "local_authority", f"{_NEED}, N1"),
    ("csc_social_worker", "Social worker", "local_authority", _NEED),
    ("csc_team_manager", "Social care team manager", "local_authority", _NEED),
    ("csc_service_manager", "Social care service manager", "local_authority", "T-07, T-25 second escalation"),
    ("csc_director", "Director of children's services", "local_authority", "T-19 second escalation, S59"),
    ("edt", "Emergency duty team", "local_authority", _NEED),
    ("cmo", "Children missing officer", "local_authority", f"{_NEED}, S85"),
    ("rhi_commissioner", "Commissioner of return interviews", "local_authority", "T-24 second escalation"),
    ("rhi_worker", "Return interview worker", "interview_provider", f"{_NEED}, S43"),
    ("rhi_manager", "Return interview manager", "interview_provider", f"{_NEED}, S43"),
    ("iro", "Independent reviewing officer", "local_authority", _NEED),
    ("placement_provider", "Placement provider", "placement", f"{_NEED}, S69"),
    ("host_la", "Host local authority", "local_authority", f"{_NEED}, N2"),
    ("home_la", "Home local authority", "local_authority", _NEED),
    ("health", "Health", "health", f"{_NEED}, S57"),
    ("school_dsl", "Designated safeguarding lead of the school", "education", f"{_NEED}, S74, N4"),
    ("yjs", "Youth justice worker", "youth_justice", f"{_NEED}, S85"),
    ("ukmpu", "UK Missing Persons Unit", "external", f"{_NEED}, N6"),
    ("ofsted", "Ofsted", "external", f"{_NEED}, N11"),
    ("nrm_sca", "Single competent authority of the national referral mechanism", "external", f"{_NEED}, S77"),
    ("lado", "Local authority designated officer", "external", f"{_NEED}, T-40"),
    ("ceop", "CEOP", "external", _NEED),
    ("administrator", "Administrator of this service", "operator", "house.md 5: one broken case is never silent"),
    ("procedure_editor", "Procedure editor", "police", "house.md 5: a manager publishes"),
    ("procedure_approver", "Procedure approver", "partnership", "house.md 5: a second person approves"),
    ("partnership_board", "Safeguarding partnership board", "partnership", f"{_NEED}, S67"),
    ("agency_administrator", "Administrator of an agency", "", f"{_NEED}: people come, move and go"),
    ("responsible_individual", "Responsible individual of a home", "placement", "T-41 first escalation, S69"),
    ("board_secretary", "Secretary of the safeguarding partnership board", "partnership", "T-47, S62"),
    ("board_chair", "Chair of the safeguarding partnership board", "partnership", "T-47 first escalation, S62"),
    ("data_protection_officer", "Data protection officer", "police", "T-49 first escalation, S81, S82"),
    ("assistant_chief_constable", "Assistant chief constable", "police", "T-10 second escalation, domain 1.6"),
    ("commissioner", "Police and crime commissioner", "commissioner", "domain 3.1 (13), PCC"),
    ("scrutiny_panel", "Member of the joint audit and scrutiny panel", "commissioner", "domain 3.1 (13), N12, PCC"),
)

ROLES: Mapping[str, Role] = MappingProxyType({row[0]: Role(*row) for row in _ROWS})
"""Every role by its key. A lane's id is a key, or ``key__2`` where a role has a second lane in one diagram."""


_RAISE = (
    "call_taker", "control_room_supervisor", "response_officer", "locate_sergeant", "duty_inspector", "mfh_coordinator",
    "chief_inspector_missing", "superintendent", "ppu_cse_unit",
)  # fmt: skip

STANDS_IN: Mapping[str, frozenset[str]] = MappingProxyType(
    {"edt": frozenset({"csc_mash", "csc_social_worker"}), **dict.fromkeys(_RAISE, frozenset({"search_team"}))}
)
"""Whose tasks a role does too: outside office hours the emergency duty team does what social care does (domain 5.1).

It does so at every hour, so that no task is nobody's between two shifts, and reads no more than its own column allows (5.2).
What anyone who works on the search may do is a task of the search team, which nobody need hold (1.6).
"""


_SEARCH = frozenset({"call_taker", "response_officer", "locate_sergeant"})
_SOCIAL_CARE = frozenset({"csc_mash", "csc_social_worker", "edt", "cmo"})

LEADS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "control_room_supervisor": frozenset({"call_taker", "response_officer"}),
        "locate_sergeant": frozenset({"response_officer"}),
        "duty_inspector": _SEARCH | {"control_room_supervisor"},
        "chief_inspector_missing": _SEARCH
        | {"control_room_supervisor", "duty_inspector", "mfh_coordinator", "ppu_cse_unit"},
        "superintendent": _SEARCH | {"duty_inspector", "chief_inspector_missing", "mfh_coordinator", "ppu_cse_unit"},
        "assistant_chief_constable": frozenset({"chief_inspector_missing", "superintendent"}),
        "csc_team_manager": _SOCIAL_CARE,
        "csc_service_manager": _SOCIAL_CARE | {"csc_team_manager"},
        "csc_director": _SOCIAL_CARE | {"csc_team_manager", "csc_service_manager"},
        "rhi_manager": frozenset({"rhi_worker"}),
        "responsible_individual": frozenset({"placement_provider"}),
        "board_chair": frozenset({"board_secretary"}),
    }
)
"""Whose tasks a role may take from one person and give to another, within its own organisation (domain 1.5, 5.1).

The chief inspector is told first when public protection is late with a decision (T-15), and so can give it to somebody who is there.
"""


def role_of_lane(lane: str) -> str:
    """Give the role key of a lane's id: ``rhi_worker`` for both ``rhi_worker`` and ``rhi_worker__2``."""
    return lane.partition("__")[0]


def title_of(role: str) -> str:
    """Give a role's title; a key that nobody knows stands for itself."""
    return ROLES[role].title if role in ROLES else role

"""Who may read and write which kind of facts, and who may know of a case at all (domain.md 5.2); denied by default."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from workflows.agencies import ROLES, STANDS_IN
from workflows.vocabulary import DATA_CLASS


class Access(StrEnum):
    """What a role may do with facts of a data class; each value is the mark that domain.md 5.2 uses for it."""

    NONE = "-"
    READ = "R"
    CREATE = "C"
    READ_AND_CREATE = "CR"
    READ_WHILE_OPEN = "R(E)"
    SUMMARY = "S"
    SUMMARY_WHILE_OPEN = "S(E)"
    FLAGS = "F"
    IF_VETTED = "R vetted"
    """Readable by who is vetted (`workflows.vetting`)."""
    IF_SAMPLED = "R sample"
    """Readable in a case of a sample."""
    PSEUDONYMISED = "R pseudonymised"
    """Readable without who it is of: refused, since the same page says who that is."""
    IF_DISCLOSED = "S by disclosure"
    """Refused until the disclosure, which is a notice or a bundle."""
    IF_ATTENDED = "R if attended"
    """Readable by the agencies that sat in each meeting of the case (`workflows.attendance`)."""
    AGGREGATE = "agg"
    """Counted in figures only, never read case by case."""


class Standing(StrEnum):
    """How a case stands, as far as that decides who reads it."""

    OPEN = "open, or followed up"
    CLOSED = "closed"
    GROWN_UP = "closed, and the child is 18 by now"
    """Rule vii of domain.md 5.2. Whoever turns 18 while the case is open stays a child in it until it is closed."""


READS = frozenset({Access.READ, Access.READ_AND_CREATE})
READS_WHILE_OPEN = READS | {Access.READ_WHILE_OPEN}
WRITES = frozenset({Access.CREATE, Access.READ_AND_CREATE})
IN_PART: Mapping[Access, str] = MappingProxyType(
    {Access.SUMMARY: "S", Access.SUMMARY_WHILE_OPEN: "S", Access.FLAGS: "F"}
)
"""What a mark that is less than a reading lets somebody read: the answers whose form says so, such as ``D3S`` for D3."""

_EXTENT: Mapping[Access, str] = {**dict.fromkeys(READS_WHILE_OPEN, ""), **IN_PART}
_CLASSES = tuple(DATA_CLASS)

# Columns of domain.md 5.2 from D1 to D12. Read there: "min" of D11 as C (the report asks, and it is not read back);
# "R own" as R, since a placement has a part only in its own children's cases; "R as told" as R; "R pseudon."
# spelled out; "S (actions)" and "S (support)" as S. What
# stands in a summary is said by the forms (`summaryClass`): least, what the next of them needs to act.
_COLUMNS: Mapping[str, str] = {
    #                 D1   D2   D3   D4   D5   D6   D7   D8   D9   D10  D11  D12
    "call_taker":    "CR   CR   C    -    R    R(E) -    -    F    -    C    -",
    "control_room":  "CR   CR   CR   -    R    R(E) -    -    F    -    C    -",
    "locate":        "CR   CR   CR   R    CR   R(E) CR   -    S    S    R    -",
    "owner":         "CR   CR   CR   R    CR   R(E) CR   -    S    S    R    R",
    "mfh":           "CR   CR   CR   R    CR   R    CR   S    R    R    R    R",
    "ppu":           "R    R    R    CR   R    S    R    S_by_disclosure R R R -",
    "csc":           "R    R    R    -    S    R    R    R    R    CR   R    S",
    "csc_desk":      "R    R    R    -    S    R    R    S    R    CR   R    S",
    "edt":           "R    R    R    -    S    R    S    S    R    S    R    -",
    "rhi":           "R(E) R(E) S(E) -    -    S    S    CR   CR   R_if_attended R -",
    "placement":     "R    R(E) S(E) -    S    CR   S    -    S    R_if_attended R -",
    "school":        "S(E) S(E) -    -    -    -    -    -    S    S    -    -",
    "health":        "S(E) S(E) S    -    -    -    S    -    S    R_if_attended R -",
    "iro":           "R    R    R    -    S    R    R    R    R    R    R    -",
    "yjs":           "S(E) S(E) S    -    -    S    S    -    S    R_if_attended - -",
    "auditor":       "R    R    R    R_vetted R R    R    R_sample R R  R_pseudonymised CR",
    "host":          "R(E) R(E) -    -    -    -    -    -    -    -    -    -",
    "figures":       "-    agg  agg  -    -    -    agg  -    agg  -    agg  agg",
    "recommender":   "-    agg  agg  -    -    -    agg  -    agg  -    agg  CR",
    "signs":         "-    -    -    -    -    -    -    -    -    -    -    R",
    "nothing":       "-    -    -    -    -    -    -    -    -    -    -    -",
}  # fmt: skip

# Which column speaks for a role. `csc_desk` is `csc` without the full account of the interview, which domain.md 5.2
# gives to the allocated worker and team manager only (N9: "narrative only to SW"); `host` is rule ii and N2;
# `owner` is `locate` with the recommendations for which a superintendent answers (domain.md 6.10), `signs` the response that
# the commissioner signs, and nothing else (3.1, 13); a chief officer reads what they sign on the pages of the reports alone;
# `control_room` is `call_taker` with the answers read back, since nobody can endorse a grade unread (T-02).
COLUMN_OF: Mapping[str, str] = MappingProxyType(
    {
        "reporter": "nothing",
        "call_taker": "call_taker",
        "control_room_supervisor": "control_room",
        "response_officer": "locate",
        "locate_sergeant": "locate",
        "duty_inspector": "locate",
        "superintendent": "owner",
        "assistant_chief_constable": "locate",
        "mfh_coordinator": "mfh",
        "chief_inspector_missing": "mfh",
        "ppu_cse_unit": "ppu",
        "search_team": "nothing",
        "audit_lead": "auditor",
        "inspection_coordinator": "recommender",
        "information_governance": "nothing",
        "csc_mash": "csc_desk",
        "csc_social_worker": "csc",
        "csc_team_manager": "csc",
        "csc_service_manager": "csc_desk",
        "csc_director": "csc_desk",
        "edt": "edt",
        "cmo": "csc_desk",
        "rhi_commissioner": "figures",
        "rhi_worker": "rhi",
        "rhi_manager": "rhi",
        "iro": "iro",
        "placement_provider": "placement",
        "responsible_individual": "placement",
        "board_secretary": "recommender",
        "board_chair": "recommender",
        "commissioner": "signs",
        "scrutiny_panel": "figures",
        "data_protection_officer": "nothing",
        "host_la": "host",
        "home_la": "csc_desk",
        "health": "health",
        "school_dsl": "school",
        "yjs": "yjs",
        "ukmpu": "nothing",
        "ofsted": "nothing",
        "nrm_sca": "nothing",
        "lado": "nothing",
        "ceop": "nothing",
        "partnership_board": "figures",
        "administrator": "nothing",
        "agency_administrator": "nothing",
        "procedure_editor": "nothing",
        "procedure_approver": "nothing",
    }
)


def _matrix() -> dict[tuple[str, str], Access]:
    """Lay the columns out by data class and role."""
    found = {}
    for role, column in COLUMN_OF.items():
        marks = _COLUMNS[column].split()
        for data_class, mark in zip(_CLASSES, marks, strict=True):
            found[data_class, role] = Access(mark.replace("_", " "))
    return found


MATRIX: Mapping[tuple[str, str], Access] = MappingProxyType(_matrix())
"""Total over data classes and roles: ``MATRIX["D8", "rhi_worker"] is Access.READ_AND_CREATE``."""

TOLD_OF_EVERY_CHILD = frozenset({"csc_mash"})
"""Told of every missing child at once (N1, T-06, G-24), so that looking at what they were told of must work."""

OF_ONE_COUNCIL = frozenset(key for key, role in ROLES.items() if role.kind == "local_authority") - {
    "host_la",
    "home_la",
}
"""Roles that count in the cases for which their own council is responsible (domain.md 5.2, rule ii).

Where nobody has said which council that is, or one that works elsewhere, they count: somebody has to take the notice.
"""

OF_ONE_PLACEMENT = frozenset(key for key, role in ROLES.items() if role.kind == "placement")
"""Roles that count in the cases of the children in their own placement's care, and in no others (domain.md 5.2, rule i)."""

OF_ONE_SCHOOL = frozenset(key for key, role in ROLES.items() if role.kind == "education")
"""Roles that count in the cases of the pupils of their own school, and in no others (domain.md 5.1, S74)."""

OF_THE_CHILD = OF_ONE_PLACEMENT | OF_ONE_SCHOOL
"""Roles of the agencies where a child lives or learns: where nobody knows which those are, no such role counts."""

OF_ONE_AREA = frozenset(key for key, role in ROLES.items() if role.kind in {"health", "youth_justice"})
"""Roles that count in the cases of the councils that have named their own agency, and in no others (domain.md 5.1).

Where a council has named none, and where none that works here is responsible, no such role counts: nothing waits for them, and they
are health records and records of offences.
"""

OF_ONE_PROVIDER = frozenset(key for key, role in ROLES.items() if role.kind == "interview_provider")
"""Roles that count in the cases of the councils that commission their own provider (domain.md 2.3).

In those of a council that never commissioned one, and where no council that works here is responsible, they count: somebody has to
offer the interview.
"""

HOST_VIEW = frozenset({"host_la"})
"""How the desk of the other council sees a child who is missing: as a host (domain.md 5.2, rule ii)."""

AUDITORS = frozenset(key for key, column in COLUMN_OF.items() if column == "auditor")
"""Roles that look at closed work: at the cases of a sample, and at no others (domain.md 5.2, 6.9)."""

ENDS_AT_18 = frozenset(
    {
        "rhi_worker", "rhi_manager", "iro", "placement_provider", "responsible_individual", "host_la", "health",
        "school_dsl", "yjs",
    }
)  # fmt: skip
"""Whose part rests on somebody being a child in their care, at their school or in their area (domain.md 5.2, rule vii).

Social care of the responsible authority goes on for those who leave care, the police and the auditors for the record.
"""

AFTER_VETTING = frozenset(role for (_name, role), mark in MATRIX.items() if mark is Access.IF_VETTED)
"""Roles that read something once whoever holds them is vetted: "R vetted" of domain.md 5.2."""

ATTENDS = frozenset(role for (_name, role), mark in MATRIX.items() if mark is Access.IF_ATTENDED)
"""Roles that read the minutes of the meetings in which their agency sat, and by that have a part in the case."""

SEES_EVERY_EPISODE = TOLD_OF_EVERY_CHILD | {
    key for key, role in ROLES.items() if role.kind == "police" and MATRIX["D2", key] in READS and key not in AUDITORS
}
"""Roles that may know of each episode, with or without a task in it: those of the force, and the desk that is told."""

_INTERVIEW = frozenset({"rhi_worker", "rhi_manager"})
_SOCIAL_CARE = frozenset({"csc_mash", "csc_social_worker", "edt", "cmo"})

ANSWERS_FOR: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **STANDS_IN,
        "rhi_manager": frozenset({"rhi_worker"}),
        "responsible_individual": frozenset({"placement_provider"}),
        "board_chair": frozenset({"board_secretary"}),
        "data_protection_officer": frozenset({"information_governance"}),
        "cmo": _INTERVIEW,
        "rhi_commissioner": _INTERVIEW,
        "csc_team_manager": _INTERVIEW | _SOCIAL_CARE,
        "csc_service_manager": _INTERVIEW | _SOCIAL_CARE | {"csc_team_manager"},
        "csc_director": _INTERVIEW | _SOCIAL_CARE | {"csc_team_manager", "csc_service_manager"},
    }
)
"""Whose late work a role is told of (T-07, T-24, T-25, T-27), or does in their place: where those have a task, this role has a part too."""


SEARCHES = frozenset(role for role in ROLES if MATRIX["D1", role] in READS_WHILE_OPEN)
"""Who looks for a child by name: whose roles may read who a child is."""

FIGURES_OF_EVERY_AUTHORITY = frozenset(
    {
        "chief_inspector_missing", "superintendent", "mfh_coordinator", "locate_sergeant", "duty_inspector",
        "partnership_board", "inspection_coordinator",
    }
)  # fmt: skip
"""Who sees the dashboard's figures of the whole force (domain.md 3.6)."""

FIGURES_OF_OWN_AUTHORITY = frozenset(
    {"csc_director", "csc_service_manager", "csc_team_manager", "cmo", "rhi_commissioner"}
)
"""Who sees them of the authority for which they work, and of no other (5.2, rule ii)."""

FIGURES = FIGURES_OF_EVERY_AUTHORITY | FIGURES_OF_OWN_AUTHORITY

FIGURES_WITH_EPISODES = frozenset(role for role in FIGURES if MATRIX["D2", role] in READS)
"""Who may look at the episodes behind a figure and sees every number; to the others small numbers are hidden (rule vi)."""


MAKES_RETURNS = frozenset({"csc_director", "csc_service_manager", "csc_team_manager"})
"""Who makes what their own council returns about children in its care (domain.md 5.1, 6.12): who leads its social care, and reads D1 and D2."""

KEEPS_POPULATIONS = frozenset({"chief_inspector_missing", "inspection_coordinator"})
"""Who takes in how many children live where, from which the rates are worked out (domain.md 3.6, 4.3)."""

OVERSIGHT = frozenset({"inspection_coordinator", "audit_lead", "chief_inspector_missing", "superintendent"})
"""Who reads the audits and the recommendations of inspections (D12; domain.md 5.1, 6.9, 6.10)."""

OVERSIGHT_FIGURES = OVERSIGHT | {"partnership_board"}
"""Who sees their figures: the board sees those and nothing else (N12, D12 "agg")."""

REPORTS_TO_PANEL = "inspection_coordinator"
"""Who takes recommendations in, and writes the reports of oversight (domain.md 3.5 [PCC])."""

SIGNS_REPORT: Mapping[str, str] = MappingProxyType(
    {
        "response": "commissioner",
        "panel": "assistant_chief_constable",
        "partnership": "assistant_chief_constable",
    }
)
"""Who signs a report of a kind, and reads each version of it that is to be signed (domain.md 3.1, 13 [PCC])."""

READS_ISSUED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "response": frozenset({"scrutiny_panel"}),
        "panel": frozenset({"scrutiny_panel", "commissioner"}),
        "partnership": frozenset({"partnership_board", "board_secretary", "board_chair"}),
    }
)
"""Who reads a report of a kind once it is issued, beside those who work on it and who signs (N12)."""

READS_REPORTS = OVERSIGHT | frozenset(SIGNS_REPORT.values()) | frozenset().union(*READS_ISSUED.values())
"""Who may look for reports of oversight at all; which of them somebody sees is said of each (`reports.Report.shows`)."""


GOVERNS = "information_governance"
"""Who answers for the records as such: gives them to the child, and has a say in what is kept (domain.md 5.3, 5.5)."""

NEVER_COPIED = frozenset({"D4", "D12"})
"""Data classes that no bundle and no notice holds: police intelligence, and records about the work of people."""

COPIED = frozenset(DATA_CLASS) - NEVER_COPIED

ADDED_BY_READERS = frozenset({"D1", "D2", "D3", "D9", "D11"})
"""Data classes to which whoever reads them whole in a case may add a comment or a file (domain.md 5.2, 13.12).

What is added changes no answer, and an agency that was told of a child knows things of that child. Intelligence, plans, full accounts
and minutes are added to by those who write them, and audits too.
"""


def readable(
    roles: Collection[str],
    *,
    standing: Standing,
    sampled: bool = False,
    attended: Collection[str] = (),
    vetted: Collection[str] = (),
) -> frozenset[str]:
    """Name the data classes whose facts a holder of these roles may read: ``frozenset({"D1", "D2", "D3S"})``.

    ``D3`` stands for the whole class, ``D3S`` for its summary, ``D9F`` for its flags. Marks with (E) count while the case
    is open or followed up. `sampled` is true for a case that was drawn for an audit, `attended` are the roles whose agency sat in
    each of its meetings, `vetted` those for which the reader is vetted. A role that nobody knows reads nothing.
    """
    closing = (
        frozenset() if standing is Standing.OPEN else frozenset({Access.READ_WHILE_OPEN, Access.SUMMARY_WHILE_OPEN})
    )
    held = frozenset(roles) - ENDS_AT_18 if standing is Standing.GROWN_UP else frozenset(roles)
    marks = [(name, MATRIX.get((name, role), Access.NONE)) for name in _CLASSES for role in held]
    found = {f"{name}{_EXTENT[mark]}" for name, mark in marks if mark in _EXTENT and mark not in closing}
    met = {Access.IF_ATTENDED: held.intersection(attended), Access.IF_VETTED: held.intersection(vetted)}
    met[Access.IF_SAMPLED] = held if sampled else frozenset()
    for mark, by in met.items():
        found |= {name for name in _CLASSES for role in by if MATRIX.get((name, role)) is mark}
    return frozenset(found)


def writable(roles: Collection[str]) -> frozenset[str]:
    """Name the data classes in which a holder of these roles may create and correct facts outside of a task."""
    return frozenset(name for name in _CLASSES for role in roles if MATRIX.get((name, role)) in WRITES)


def added(roles: Collection[str], known: Collection[str]) -> frozenset[str]:
    """Name the data classes to which a holder of these roles may add, of those `known` to be read in a case; auditors add nothing."""
    reads = (
        name for name in ADDED_BY_READERS for role in roles if MATRIX.get((name, role), Access.NONE) in READS_WHILE_OPEN
        and role not in AUDITORS
    )  # fmt: skip
    return frozenset(reads) & frozenset(known)


def written_unread(roles: Collection[str]) -> frozenset[str]:
    """Name the data classes in which a holder of these roles may create facts that are not read back."""
    return frozenset(name for name in _CLASSES for role in roles if MATRIX.get((name, role)) is Access.CREATE)


def concerned(roles: Collection[str]) -> frozenset[str]:
    """Name the roles whose tasks give a holder of `roles` a part in a case: these roles and those for which they answer."""
    held = frozenset(roles) & ROLES.keys()
    return held.union(*(ANSWERS_FOR.get(role, frozenset()) for role in held))


def has_a_part(
    roles: Collection[str], task_roles: Collection[str], *, sampled: bool = False, attended: Collection[str] = ()
) -> bool:
    """Tell whether a holder of `roles` may know that a case exists.

    `task_roles` are the roles that have or had a task in the case. The force sees each of its episodes, and so does the
    desk that is told of every missing child; an auditor sees the cases that were `sampled`, an agency those in whose meetings
    it sat (`attended`, by role); everybody else only a case in which one of their roles, or one for which they answer, has or had
    a task.
    """
    held = frozenset(roles)
    if (sampled and held & AUDITORS) or held & ATTENDS & frozenset(attended):
        return True
    return bool(held & SEES_EVERY_EPISODE) or bool(concerned(roles) & frozenset(task_roles))

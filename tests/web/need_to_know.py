"""Who may read what, typed anew from domain.md 5.2, 5.2a, 5.4 and 13.12: the product is held to it and is not asked.

It knows who somebody is, whose a case is and how it stands, and nothing else. Where the product means to differ from the
specification, the difference is typed here too, with its reason; `workflows/README.md` lists the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

TABLE = """
     call-taker locate mfh  ppu  csc     edt  rhi    placement school health iro  yjs  auditor dashboard
D1   CR         CR     CR   R    R       R    R(E)   R_own     S(E)   S(E)   R    S(E) R       -
D2   CR         CR     CR   R    R       R    R(E)   R_own(E)  S(E)   S(E)   R    S(E) R       agg
D3   C          CR     CR   R    R       R    S(E)   S(E)      -      S      R    S    R       agg
D4   -          R      R    CR   -       -    -      -         -      -      -    -    R_vet   -
D5   R          CR     CR   R    S       S    -      S         -      -      S    -    R       -
D6   R(E)       R(E)   R    S    R       R    S      CR        -      -      R    S    R       -
D7   -          CR     CR   R    R       S    S      S         -      S      R    S    R       agg
D8   -          -      S    S_dis R_all  S    CR     -         -      -      R    -    R_smp   -
D9   F          S      R    R    R       R    CR     S         S      S      R    S    R       agg
D10  -          S      R    R    CR      S    R_att  R_att     S      R_att  R    R_att R      -
D11  min        R      R    R    R       R    R_told R_own     -      R      R    -    R_psd   agg
D12  -          -      R    -    S       -    -      -         -      -      -    -    CR      agg
"""
"""domain.md 5.2 as it stands there. The words that follow a mark: `R_vet` vetted, `S_dis` by disclosure, `R_all` the allocated worker
and team manager, `R_smp` sample, `R_att` if attended, `R_told` as told, `R_psd` pseudonymised; S of actions or support is S."""

COLUMN_OF = {
    "call-taker": ("call_taker", "control_room_supervisor"),
    "locate": ("response_officer", "locate_sergeant", "duty_inspector", "superintendent", "assistant_chief_constable"),
    "mfh": ("mfh_coordinator", "chief_inspector_missing"),
    "ppu": ("ppu_cse_unit",),
    "csc": ("csc_mash", "csc_social_worker", "csc_team_manager", "csc_service_manager", "csc_director", "cmo", "home_la"),
    "edt": ("edt",),
    "rhi": ("rhi_worker", "rhi_manager"),
    "placement": ("placement_provider", "responsible_individual"),
    "school": ("school_dsl",),
    "health": ("health",),
    "iro": ("iro",),
    "yjs": ("yjs",),
    "auditor": ("audit_lead",),
    "dashboard": (
        "inspection_coordinator", "rhi_commissioner", "partnership_board", "board_secretary", "board_chair",
    ),
}  # fmt: skip
"""Which roles of 5.1 stand in which column; a role that stands in none reads nothing."""

_DESKS = ("csc_mash", "csc_service_manager", "csc_director", "cmo", "home_la")
_ALL = ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11", "D12"]

EXCEPTIONS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("control_room_supervisor", "D3"): ("R", "T-02: nobody can endorse a grade unread"),
    ("superintendent", "D12"): ("R", "6.10: the owner of a recommendation answers for it"),
    ("inspection_coordinator", "D12"): ("CR", "5.1: keeps the recommendations and reports them to the panel"),
    ("board_secretary", "D12"): ("CR", "T-47: writes the review of the protocol"),
    ("board_chair", "D12"): ("CR", "T-47: agrees to the review of the protocol"),
    **{(role, "D8"): ("S", "5.4, N9: the narrative goes to the allocated worker and manager only") for role in _DESKS},
    ("mfh_coordinator", "D6"): ("R(E)", "2.7, 5.5: the police have the carer's form with the episode alone"),
    ("chief_inspector_missing", "D6"): ("R(E)", "2.7, 5.5: the police have the carer's form with the episode alone"),
}
"""Where a role reads otherwise than its column says, and why."""

HOST_VIEW = {"D1": "R(E)", "D2": "R(E)"}
"""What a council that is not responsible reads of an episode: rule ii, and N2 as N1 without what is of the family."""

READS = {
    **dict.fromkeys(("R", "CR", "R_own", "R_told", "R_all"), ("", "")),
    **dict.fromkeys(("R(E)", "R_own(E)"), ("", "open")),
    "S": ("S", ""),
    "S(E)": ("S", "open"),
    "F": ("F", ""),
    "R_smp": ("", "sampled"),
    "R_att": ("", "attended"),
    "R_vet": ("", "vetted"),
}
"""What a mark lets somebody read, the whole class or a part of it, and on which condition."""

SITS_FOR = {"health": "health", "yjs": "youth_justice"}
"""Whose attendance can be told: meetings record the kinds that sat in them, and of these each council names one agency."""

READS_NOTHING = {
    "-": "none",
    "C": "written, and not read back",
    "min": "the report asks for the least, which is not read back",
    "agg": "in figures only",
    "R_psd": "the same page says who it is",
    "S_dis": "waits for the disclosure",
}


class Standing(Enum):
    """How a case stands."""

    OPEN = "open"
    CLOSED = "closed"
    GROWN_UP = "closed, and the child is 18"


FORCE = frozenset(
    {
        "call_taker", "control_room_supervisor", "response_officer", "locate_sergeant", "duty_inspector",
        "mfh_coordinator", "chief_inspector_missing", "ppu_cse_unit", "superintendent",
        "assistant_chief_constable",
    }
)  # fmt: skip
"""Who works on every missing child of the force (5.1), and so knows of each case."""

POLICE = FORCE | {"audit_lead", "inspection_coordinator", "information_governance", "data_protection_officer"}
TOLD_OF_EACH = "csc_mash"
"""The desk that has the notice of every missing child (N1, T-06)."""
SAMPLES = "audit_lead"
NEVER_SHUT_OUT = "superintendent"

BOUND = {
    "council": (
        "csc_mash", "csc_social_worker", "csc_team_manager", "csc_service_manager", "csc_director", "edt", "cmo", "iro",
        "rhi_commissioner",
    ),
    "home": ("placement_provider", "responsible_individual"),
    "provider": ("rhi_worker", "rhi_manager"),
    "school": ("school_dsl",),
    "health": ("health",),
    "youth_justice": ("yjs",),
}  # fmt: skip
"""Whose cases are those of their own agency alone: rules i and ii of 5.2; a provider's are those of who commissions it (2.3).

A school's are those of its pupils, as the newest report of the child says; those of a health agency and of a youth justice team are those
of the councils that have named them (5.1). Where nobody is named, nobody of these three has a part.
"""

ENDS_AT_18 = frozenset(
    {
        "rhi_worker", "rhi_manager", "iro", "placement_provider", "responsible_individual", "host_la", "health",
        "school_dsl", "yjs",
    }
)  # fmt: skip
"""Rule vii: whose part rests on somebody being a child; what is closed is closed to them from the 18th birthday on."""

_CARE = {"csc_mash", "csc_social_worker", "edt", "cmo"}
_INTERVIEW = {"rhi_worker", "rhi_manager"}
STANDS_FOR: Mapping[str, set[str]] = {
    "edt": {"csc_mash", "csc_social_worker"},
    "rhi_manager": {"rhi_worker"},
    "responsible_individual": {"placement_provider"},
    "board_chair": {"board_secretary"},
    "data_protection_officer": {"information_governance"},
    "cmo": _INTERVIEW,
    "rhi_commissioner": _INTERVIEW,
    "csc_team_manager": _INTERVIEW | _CARE,
    "csc_service_manager": _INTERVIEW | _CARE | {"csc_team_manager"},
    "csc_director": _INTERVIEW | _CARE | {"csc_team_manager", "csc_service_manager"},
}
"""Whose late work comes to whom by the columns E1 and E2 of section 7, and whose work is done at night (5.1)."""

OFFICES: Mapping[str, tuple[frozenset[str], str]] = {
    "glass": (
        frozenset({"mfh_coordinator", "csc_team_manager", "rhi_manager", "responsible_individual"}),
        "rule iii: who answers for the case's data hears why somebody opened it, of a sealed one its group",
    ),
    "hold": (frozenset({"information_governance", "chief_inspector_missing"}), "5.5: who decides on keeping"),
    "merge": (
        frozenset({"mfh_coordinator", "chief_inspector_missing", "locate_sergeant"}),
        "G-09: who decides which records are one child",
    ),
    "reads": (frozenset({"information_governance", "audit_lead"}), "5.3, Part 3: who reviews the readings"),
    "given": (POLICE | set(BOUND["council"]) | {"home_la"}, "G-33: who may see to whom something was given"),
    "shift": (frozenset(), "T-03: only who hands over and who takes over read what one says to the other"),
    "seal": (frozenset(), "13.12: the group alone, and whoever is never shut out"),
}
"""Who reads the reasons that people type about a record itself, by their kind, and why."""

OF_THE_CHILD = frozenset({"D1", "D4", "D5", "D6", "D9", "D11", "given"})
"""What is said of the child, and not of one episode: it goes with the child, to whoever may read it in one of the child's cases.

Who the child is, people and places of concern, plan, carer's form and health are so by 5.2; what came of an interview by N5 and
N9, which hand it on to the plan and to the next search.
"""

OVERSIGHT = frozenset(
    {
        "inspection_coordinator",
        "audit_lead",
        "chief_inspector_missing",
        "superintendent",
        "board_secretary",
        "board_chair",
    }
)
"""Who reads the records about the work of people, with no part in them (5.1, 6.9, 6.10): all of them is D12, whatever it asks."""

HAND_OVER = ("mfh_coordinator", "other_mfh_coordinator")
"""Who hands a task over, and to whom."""

RECALLED = frozenset({"D5"})
"""What of a sealed record is recalled in a new report of the child, until the group covers that too: a child who is missing must not
be looked for as a stranger, and the group hears of the match at once (`workflows/README.md`)."""

GLASS_OPENS_NOT = frozenset({"D4", "D12"})
"""What no reason opens: intelligence, and the records of audits; the full account opens to social workers alone (5.4)."""


@dataclass(frozen=True)
class Person:
    """Somebody: the name they sign in with, and the roles they hold, each with its agency."""

    name: str
    posts: frozenset[tuple[str, str]]
    vetted: bool = False

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(role for role, _agency in self.posts)


@dataclass(frozen=True)
class Held:
    """A case as far as it matters who may read it; of one that names no council that works here, each council's people are."""

    case_id: str
    bird: str
    council: str = ""
    provider: str = ""
    """Whom that council commissions."""
    homes: frozenset[str] = frozenset()
    school: str = ""
    """Which school its child goes to, of those that work here."""
    health: str = ""
    youth_justice: str = ""
    """Which health agency and which youth justice team that council has named."""
    standing: Standing = Standing.OPEN
    is_episode: bool = True
    is_form: bool = False
    """A carer's form, which its home keeps as its own record, whatever becomes of the child's cases (5.5)."""
    sampled: bool = False
    attended: frozenset[str] = frozenset()
    """The kinds of agency that sat in each of its meetings."""
    sealed_for: frozenset[str] | None = None
    worked_by: frozenset[str] = frozenset()
    opened_by: frozenset[str] = frozenset()
    """Who has it open with a reason now."""
    is_case: bool = True


def marks() -> dict[tuple[str, str], str]:
    """Lay the table out by role and data class, with the exceptions."""
    lines = [line.split() for line in TABLE.strip().splitlines()]
    found: dict[tuple[str, str], str] = {}
    for data_class, *of_columns in lines[1:]:
        for column, mark in zip(lines[0], of_columns, strict=True):
            found |= {(role, data_class): mark for role in COLUMN_OF[column]}
    found |= {("host_la", data_class): HOST_VIEW.get(data_class, "-") for data_class in _ALL}
    return found | {place: mark for place, (mark, _why) in EXCEPTIONS.items()}


MARKS = marks()


def knows(who: Person, held: Held) -> bool:
    """Whether somebody may know that there is a case."""
    if who.name in held.opened_by:
        return True
    return any(_knows(who, role, agency, held) or _is_host(who, role, held) for role, agency in who.posts)


def reads(who: Person, held: Held) -> frozenset[str]:
    """Name what somebody may read of a case: ``{"D1", "D3S"}`` for the whole of D1 and the summary of D3."""
    found: set[str] = set()
    for role, agency in who.posts:
        if _knows(who, role, agency, held):
            found |= _by_column({name: MARKS.get((role, name), "-") for name in _ALL}, role, held, vetted=who.vetted)
        elif _is_host(who, role, held):
            found |= _by_column(HOST_VIEW, role, held)
        if who.name in held.opened_by:
            found |= {name for name in _ALL if _opens(role, name)}
    return frozenset(found)


def may_read(who: Person, kind: str, extent: str, owner: Held, of_child: Iterable[Held]) -> bool:
    """Whether somebody may read a text of a data class, or of an office, that stands in a record of its owner, one of a child's."""
    pool = of_child if kind in OF_THE_CHILD else (owner,)
    if kind in OFFICES:
        return any(_of_office(who, kind, each) for each in pool)
    if owner.is_form and _keeps(who, owner):
        return True
    if _is_shut_out(who, owner) and who.name not in owner.opened_by:
        again = [each for each in pool if each.is_episode and each.sealed_for is None and kind in RECALLED]
        return any(not {kind, f"{kind}{extent}"}.isdisjoint(reads(who, each)) for each in again)
    if not owner.bird and OVERSIGHT & who.roles and kind in {"D2", "D12"}:
        return any(MARKS.get((role, "D12")) in {"R", "CR"} for role in who.roles)
    return any(not {kind, f"{kind}{extent}"}.isdisjoint(reads(who, each)) for each in pool)


def _by_column(of_classes: Mapping[str, str], role: str, held: Held, *, vetted: bool = False) -> set[str]:
    if held.standing is Standing.GROWN_UP and role in ENDS_AT_18:
        return set()
    holds = {"": True, "open": held.standing is Standing.OPEN, "sampled": held.sampled, "vetted": vetted}
    holds["attended"] = SITS_FOR.get(role, "") in held.attended
    told = [(name, *READS[mark]) for name, mark in of_classes.items() if mark in READS]
    return {f"{name}{extent}" for name, extent, condition in told if holds[condition]}


def _opens(role: str, data_class: str) -> bool:
    mark = MARKS.get((role, data_class), "-")
    if data_class == "D8":
        return role in {"csc_social_worker", "csc_team_manager"}
    return data_class not in GLASS_OPENS_NOT and mark not in {"-", "agg"}


def _knows(who: Person, role: str, agency: str, held: Held) -> bool:
    if _is_shut_out(who, held) or _is_anothers(role, agency, held):
        return False
    if (role == SAMPLES and held.sampled) or SITS_FOR.get(role, "") in held.attended:
        return True
    return role in FORCE or role == TOLD_OF_EACH or bool(({role} | STANDS_FOR.get(role, set())) & held.worked_by)


def _is_host(who: Person, role: str, held: Held) -> bool:
    told = role == TOLD_OF_EACH and held.is_episode and held.standing is Standing.OPEN
    return told and not _is_shut_out(who, held)


def _is_shut_out(who: Person, held: Held) -> bool:
    return held.sealed_for is not None and NEVER_SHUT_OUT not in who.roles and who.name not in held.sealed_for


def _is_anothers(role: str, agency: str, held: Held) -> bool:
    for kind, own in (("council", held.council), ("provider", held.provider)):
        if role in BOUND[kind]:
            return bool(own) and own != agency
    for kind, own in (("school", held.school), ("health", held.health), ("youth_justice", held.youth_justice)):
        if role in BOUND[kind]:
            return own != agency
    return role in BOUND["home"] and agency not in held.homes


def _keeps(who: Person, form: Held) -> bool:
    return any(role == "placement_provider" and agency in form.homes for role, agency in who.posts)


def _of_office(who: Person, kind: str, held: Held) -> bool:
    holders, _why = OFFICES[kind]
    if kind == "seal":
        return not _is_shut_out(who, held)
    if kind == "shift":
        return who.name in HAND_OVER
    if kind == "glass":
        return _answers_for(who, holders, held)
    return bool(who.roles & holders) and (kind != "given" or knows(who, held))


def _answers_for(who: Person, holders: frozenset[str], held: Held) -> bool:
    if who.name in held.opened_by or NEVER_SHUT_OUT in who.roles:
        return True
    if held.sealed_for is not None:
        return who.name in held.sealed_for
    return any(role in holders and _knows(who, role, agency, held) for role, agency in who.posts)

"""The notices to partners: to whom each goes, when, what it shows in which order, and what it never shows (domain.md 5.2a).

A notice shows single fields that are listed here and nothing else: a question that is added to a form is in no notice until
somebody writes it down here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from engine.forms import Field, items_in_words
from engine.frozen import frozen
from engine.model import Facts, Value
from engine.release import Compiled
from workflows.days import day_in_words
from workflows.vocabulary import FLAG

FAMILY_QUESTIONS = frozenset({"ra_family", "ra_dv", "ra_fm_hba", "ra_identity_issue"})
"""Risk questions about the family: no reason that a host authority or a reviewing officer is given (N2)."""

UNHARMED = frozenset({"none", "not_known"})
"""Answers about harm that say that none is known."""

CARER_RISK = "carer_known_risk"
"""The flag by which a carer is known to be a risk."""

DANGER = ("ra_fm_hba", "ra_family", "ra_dv")
"""Risk questions that make it unsafe to tell a parent or carer without a thought (domain.md 13.2)."""


@frozen
class Shown:
    """One line of a notice: the first of its places, as (record, field), that is answered; or what `say` makes of the facts; or `text`.

    Of a record that occurs several times the last one counts, or each with `each`. `only` is ``missing`` or ``back`` where the line
    is for that time alone.
    """

    label: str
    places: tuple[tuple[str, str], ...] = ()
    say: Callable[[Facts, Compiled], Value] | None = None
    text: str = ""
    only: str = ""
    each: bool = False


@frozen
class Kind:
    """One kind of notice.

    `id` is that of domain.md 5.2a; `title` is what the partner reads, `to` who gets it. `when` is a key of `WHEN`. `within` is how
    soon it must be acknowledged; None where it need not be. `decided` where a named person decides first that it is safe to send.
    `never` are data classes of which it holds nothing, `leaves_out` says more for the sender. `basis` is of ``disclosure_basis``.
    """

    key: str
    id: str
    title: str
    to: str
    when: str
    shows: tuple[Shown, ...]
    never: frozenset[str]
    leaves_out: str
    senders: frozenset[str]
    basis: str
    within: timedelta | None = None
    urgent: bool = False
    decided: bool = False

    def classes(self, release: Compiled) -> frozenset[str]:
        """Name the data classes of what it shows: who sends it must be allowed to read them."""
        return frozenset(release.data_class(*place) for line in self.shows for place in line.places) | {"D2"}


@frozen
class Part:
    """One line of a notice as it is shown; `value` is a text, a moment, a day or a number."""

    label: str
    value: Value


def is_back(facts: Facts) -> bool:
    """Tell whether the child is recorded as returned."""
    return _last(facts, "found", "returned_at") is not None


def is_reported(facts: Facts) -> bool:
    """Tell whether the case is about a child who was reported missing."""
    return "case_opening" in facts


def is_looked_after(facts: Facts) -> bool:
    """Tell whether the report says that a local authority looks after the child."""
    return bool(_last(facts, "missing_report", "looked_after") == "yes")


WHEN: Mapping[str, tuple[Callable[[Facts], bool], str]] = MappingProxyType(
    {
        "always": (is_reported, "once the child is reported missing"),
        "missing": (lambda facts: is_reported(facts) and not is_back(facts), "while the child is missing"),
        "back": (is_back, "once the return is recorded"),
        "interviewed": (
            lambda facts: _last(facts, "return_interview", "reasons") is not None,
            "once the return interview is written up",
        ),
        "meeting": (lambda facts: "meeting_notice" in facts, "once a strategy meeting is called"),
        "looked_after": (
            lambda facts: is_reported(facts) and is_looked_after(facts),
            "where the child is looked after",
        ),
    }
)
"""When a notice may be sent: whether it is time, by the facts, and the words for it."""


def content(kind: Kind, facts: Facts, release: Compiled) -> tuple[Part, ...]:
    """Give what a notice shows now, in its order; what is not recorded is left out."""
    now = "back" if is_back(facts) else "missing"
    found = (
        Part(line.label, value)
        for line in kind.shows
        if line.only in {"", now}
        for value in _values(line, facts, release)
    )
    return tuple(part for part in found if part.value not in (None, "", []))


def dangers(facts: Facts, release: Compiled) -> tuple[str, ...]:
    """Say why telling a parent or carer may endanger the child; what is not known counts (domain.md 13.2 and 13.3)."""
    found = [
        f"{_label(release, 'risk_assessment', name)} {'Yes.' if answer == 'yes' else 'Not known.'}"
        for name in DANGER
        if (answer := _last(facts, "risk_assessment", name)) != "no"
    ]
    flags = _last(facts, "known", "flags")
    if isinstance(flags, list) and CARER_RISK in flags:
        found.insert(0, f"There is a flag: {FLAG[CARER_RISK].lower()}.")
    told = _last(facts, "missing_notice", "carer_may_be_told")
    if told != "yes":
        said = "no" if told == "no" else "that it is not known" if told else "nothing yet"
        found.insert(0, f"Social care was asked whether it is safe to tell the parents or carers, and has said {said}.")
    return tuple(found)


def _values(line: Shown, facts: Facts, release: Compiled) -> Iterator[Value]:
    if line.text:
        yield line.text
    elif line.say is not None:
        yield line.say(facts, release)
    elif line.each:
        for key in facts.get(line.places[0][0], {}):
            said = [_said(facts, record, name, release, key) for record, name in line.places]
            yield ", ".join(str(one) for one in said if one)
    else:
        answered = (_said(facts, record, name, release) for record, name in line.places)
        yield next((value for value in answered if value not in (None, "", [])), None)


def _last(facts: Facts, record: str, name: str, key: str | None = None) -> Value:
    """Give a field of a record, of the last where it occurs several times."""
    keys = facts.get(record, {})
    if not keys:
        return None
    return keys[next(reversed(keys)) if key is None else key].get(name)


def _said(facts: Facts, record: str, name: str, release: Compiled, key: str | None = None) -> Value:
    """Give an answer by the words of its question."""
    form = release.forms_by_record.get(record)
    question = next((each for each in form.fields if each.key == name), None) if form else None
    return _in_words(_last(facts, record, name, key), question)


def _in_words(value: Value, question: Field | None) -> Value:
    if question is not None and question.items is not None:
        return items_in_words(question, value, lambda each, of: _plain(_in_words(each, of)))
    choices = {one.value: one.label for one in question.choices} if question else {}
    if isinstance(value, list):
        return ", ".join(str(choices.get(one, one)) for one in value)
    return choices.get(value, value) if isinstance(value, str) else value


def _plain(value: Value) -> str:
    return day_in_words(value) if isinstance(value, date) else str(value)


def _label(release: Compiled, record: str, name: str) -> str:
    form = release.forms_by_record.get(record)
    return next((each.label for each in (form.fields if form else ()) if each.key == name), name)


def _standing(facts: Facts, _release: Compiled) -> str:
    return "The child has been found" if is_back(facts) else "The child is still missing"


def _age(facts: Facts, _release: Compiled) -> Value:
    age = _last(facts, "known", "age")
    return _last(facts, "missing_report", "approximate_age") if age is None else age


def _placement(facts: Facts, _release: Compiled) -> Value:
    """Give the address of a child who is looked after: that of the placement, never that of the family."""
    return _last(facts, "missing_report", "home_address") if is_looked_after(facts) else None


def _reasons(facts: Facts, release: Compiled) -> str:
    """Give the risk questions that were answered yes, as headlines; none about the family."""
    answers = facts.get("risk_assessment", {}).get("", {})
    yes = (name for name, answer in answers.items() if answer == "yes" and name not in FAMILY_QUESTIONS)
    return "\n".join(_label(release, "risk_assessment", name) for name in yes)


def _flags(facts: Facts, _release: Compiled) -> str:
    flags = _last(facts, "known", "flags")
    return ", ".join(FLAG.get(str(each), str(each)) for each in flags) if isinstance(flags, list) else ""


def _harm(facts: Facts, _release: Compiled) -> str:
    """Say yes or no alone: what harm it is stands in no notice."""
    said = [_last(facts, record, "harm") for record in ("found", "prevention_interview")]
    known = [set(each) for each in said if isinstance(each, list) and each]
    if any(each - UNHARMED for each in known):
        return "Yes"
    return "None known" if known else "Not known yet"


def _prevention(facts: Facts, release: Compiled) -> Value:
    return _said(facts, "prevention_interview", "outcome", release) or "Not held yet"


def _interview(facts: Facts, release: Compiled) -> Value:
    return _said(facts, "return_interview_offer", "outcome", release) or "Asked of the provider, not offered yet"


def _event(facts: Facts, _release: Compiled) -> str:
    return "A looked-after child was reported missing" + (" and has returned" if is_back(facts) else " and is missing")


_NAME = Shown("Child", (("missing_report", "child_full_name"), ("case_opening", "child_name")))
_BORN = Shown("Date of birth", (("missing_report", "date_of_birth"),))
_AGE = Shown("Age", (("known", "age"),), say=_age)
_SEX = Shown("Sex", (("missing_report", "sex"),))
_STANDING = Shown("How it stands", say=_standing)
_SINCE = Shown("Missing since", (("missing_report", "missing_since"),))
_GRADE = Shown("Risk grade", (("risk", "level"),))
_RETURNED = Shown("Returned", (("found", "returned_at"),))
_HOW = Shown("How the child was found", (("found", "found_how"),))
_HEARD = tuple(
    Shown(label, (("return_interview", name),))
    for label, name in (
        ("Why the child went", "reasons"),
        ("Signs of exploitation", "exploitation_screen"),
        ("Did the child tell of harm or a crime?", "disclosure"),
        ("Is the child safe now?", "safe_now"),
        ("Would the child go again?", "would_go_again"),
        ("How the risk has changed", "risk_change"),
        ("What is to be done", "actions"),
    )
)
_FOR_PLAN = tuple(
    Shown(label, (("return_interview", name),))
    for label, name in (
        ("Whom the child might be with", "trigger_people"),
        ("Where the child might be", "trigger_places"),
        ("What helps to reach the child", "what_works"),
    )
)

_POLICE = frozenset({"locate_sergeant", "duty_inspector", "mfh_coordinator"})
_COUNCIL = frozenset({"csc_mash", "csc_social_worker", "csc_team_manager", "cmo", "edt"})
_TALE = frozenset({"D4", "D7", "D8", "D9", "D10", "D11"})
"""Intelligence, what the child told, minutes, health: in none of the notices about a search."""

_ROWS = (
    Kind(
        "host_notice",
        "N2",
        "A child is missing",
        "Host authority or independent reviewing officer",
        "missing",
        (
            _NAME, _AGE, _SEX, Shown("Placement", (("missing_report", "home_address"),), say=_placement), _SINCE, _GRADE,
            Shown("Why the police are worried", (("risk_assessment", "ra_exploitation"),), say=_reasons),
            Shown("Flags", (("known", "flags"),), say=_flags),
            Shown("Parents and carers", text="Do not tell them anything before you have asked whoever sent you this."),
        ),
        _TALE,
        "the family's address and reasons that lie in the family, where information came from, other children",
        _POLICE | _COUNCIL,
        "childrens_services",
        timedelta(hours=1),
        urgent=True,
    ),
    Kind(
        "carer_update",
        "N3",
        "What is being done to find the child",
        "Parent, person with parental responsibility, or placement",
        "missing",
        (
            _NAME,
            Shown("What is being done", text="The police are looking for the child. An officer leads the search and looks at it again and again until the child is found."),
            Shown("Looked at again", (("risk", "next_review_at"),)),
            Shown("If the child comes back or gets in touch", text="Ring the number below at once, day or night. Say that the child is back, and stay with the child."),
            Shown("If you know something new", text="Ring the number below. In an emergency ring 999."),
        ),
        _TALE | {"D3"},
        "whom the child may be with, where information came from, the placement, where the child was found, the return interview",
        _POLICE | _COUNCIL,
        "welfare_tracing",
        decided=True,
    ),
    Kind(
        "school_notice",
        "N4",
        "A child of your school",
        "Designated safeguarding lead of the school, and nobody else",
        "always",
        (
            _NAME, _BORN, _STANDING,
            Shown("Missing since", (("missing_report", "missing_since"),), only="missing"),
            Shown("Returned", (("found", "returned_at"),), only="back"),
            Shown("If the child comes to school or gets in touch", text="Ring the number below at once.", only="missing"),
            Shown("Support", text="The child may need support at school. Ask the child's social worker what would help."),
        ),
        _TALE | {"D3"},
        "what happened to the child, offences, health",
        _POLICE | _COUNCIL,
        "school_or_health",
        timedelta(hours=24),
    ),
    Kind(
        "national_notice",
        "N6",
        "A missing child for the national register",
        "UK Missing Persons Unit",
        "always",
        (
            _STANDING, _NAME,
            *(
                Shown(label, (("missing_report", name),), only="missing")
                for label, name in (
                    ("Also called", "known_as"),
                    ("Date of birth", "date_of_birth"),
                    ("Sex", "sex"),
                    ("Ethnic group", "ethnicity"),
                    ("Missing since", "missing_since"),
                    ("Last seen", "last_seen_at"),
                    ("Last seen where", "last_seen_place"),
                    ("Clothing", "clothing"),
                    ("Description", "description"),
                )
            ),
            Shown("Risk grade", (("risk", "level"),), only="missing"),
            _RETURNED, _HOW,
            Shown("Please", text="Clear the record.", only="back"),
        ),
        _TALE - {"D11"},
        "the return interview, where information came from",
        _POLICE,
        "law_enforcement",
        timedelta(hours=4),
        urgent=True,
    ),
    Kind(
        "found_notice",
        "N7",
        "A missing child has returned",
        "Authority, placement, reviewing officer, host authority or UK Missing Persons Unit",
        "back",
        (
            _NAME, _BORN, _RETURNED, _HOW,
            Shown("Harm", (("found", "harm"),), say=_harm),
            Shown("Prevention interview by the police", (("prevention_interview", "outcome"),), say=_prevention),
            Shown("Return interview", (("return_interview_offer", "outcome"),), say=_interview),
        ),
        _TALE - {"D7", "D9"},
        "what harm it is and what the child told: harm is yes or no here",
        _POLICE | _COUNCIL,
        "childrens_services",
        timedelta(hours=4),
    ),
    Kind(
        "found_school",
        "N7",
        "A missing child of your school has returned",
        "Designated safeguarding lead of the school, and nobody else",
        "back",
        (_NAME, _BORN, _RETURNED, Shown("Support", text="The child may need support at school. Ask the child's social worker what would help.")),
        _TALE | {"D3"},
        "harm, offences, how and where the child was found",
        _POLICE | _COUNCIL,
        "school_or_health",
        timedelta(hours=24),
    ),
    Kind(
        "interview_outcome",
        "N9",
        "What came of a return interview",
        "Allocated social worker or children missing officer",
        "interviewed",
        (_NAME, *_HEARD),
        frozenset({"D3", "D4", "D7", "D8", "D10", "D11"}),
        "the child's own story: the allocated social worker reads it in the case",
        frozenset({"rhi_worker", "rhi_manager", "csc_social_worker", "csc_team_manager", "cmo", "mfh_coordinator"}),
        "return_interview",
        timedelta(hours=24),
    ),
    Kind(
        "interview_for_police",
        "N9",
        "What came of a return interview, for the trigger plan",
        "Police of another area",
        "interviewed",
        (_NAME, *_HEARD, *_FOR_PLAN),
        frozenset({"D3", "D4", "D7", "D8", "D10", "D11"}),
        "the child's own story",
        frozenset({"rhi_worker", "rhi_manager", "mfh_coordinator"}),
        "return_interview",
        timedelta(hours=24),
    ),
    Kind(
        "meeting_papers",
        "N10",
        "A strategy meeting about a child",
        "Those on the list of who is invited",
        "meeting",
        (
            _NAME,
            *(
                Shown(label, (("meeting_notice", name),))
                for label, name in (("Meeting", "kind"), ("Called for", "called_for_at"), ("Meets", "meets_at"), ("Invited", "invited"))
            ),
            Shown("Agenda", text="What happened. What the child wants. The risk now. Who does what by when."),
            Shown("Reported missing", (("missing_report", "reported_at"),)),
            _SINCE, _RETURNED,
            *(
                Shown(label, (("meeting", name),))
                for label, name in (("Held", "held_at"), ("Attended", "attended"), ("Decided", "decisions"))
            ),
            Shown("Action", (("meeting_action", "what"), ("meeting_action", "org")), each=True),
        ),
        frozenset({"D3", "D4", "D7", "D8", "D9", "D11"}),
        "where information came from, and what was said: the minutes go to those who were there",
        frozenset({"csc_team_manager", "csc_social_worker", "csc_mash", "cmo", "mfh_coordinator"}),
        "childrens_services",
    ),
    Kind(
        "inspectorate_notice",
        "N11",
        "Notice of a serious event (regulation 40)",
        "Ofsted and those whom the regulation names",
        "looked_after",
        (
            Shown("Event", say=_event),
            Shown("Reported to the police", (("missing_report", "reported_at"),)),
            Shown("Social care told", (("missing_report", "la_notified_at"),)),
            _SINCE, _GRADE, _RETURNED,
            Shown("Return interview", (("return_interview_offer", "outcome"),), say=_interview, only="back"),
            Shown("Action taken", text="The police search, social care is told, and the child is offered a return interview."),
        ),
        (_TALE - {"D9"}) | {"D1"},
        "the child's name, other children",
        frozenset({"placement_provider", "csc_team_manager", "cmo"}),
        "childrens_services",
        timedelta(hours=24),
    ),
)  # fmt: skip

KINDS: Mapping[str, Kind] = MappingProxyType({kind.key: kind for kind in _ROWS})
"""Every kind of notice by its key."""

SENDERS: frozenset[str] = frozenset().union(*(kind.senders for kind in _ROWS))
"""Who sends notices of any kind."""


def offered(facts: Facts, release: Compiled, roles: Iterable[str], classes: frozenset[str]) -> tuple[Kind, ...]:
    """Give the kinds that these roles, who may read these data classes, may send as the case stands."""
    held = set(roles)
    return tuple(
        kind for kind in _ROWS if kind.senders & held and WHEN[kind.when][0](facts) and kind.classes(release) <= classes
    )

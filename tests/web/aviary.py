"""A site full of canaries: children in every standing, people of two agencies of each kind, and every text a canary."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from http import HTTPStatus

import sqlalchemy as sa
from PIL import Image

from engine import timers
from engine.model import Actor
from engine.store import reading, writing
from tests.web.need_to_know import BOUND, HAND_OVER, Held, Person, Standing
from tests.web.planting import Planted, text_of
from tests.web.site import Site
from web.services import Services
from workflows import (
    absences,
    amendments,
    attachments,
    audience,
    comments,
    concerns,
    copies,
    cutover,
    disclosures,
    kept_things,
    people,
    philomena,
    photographs,
)
from workflows.amendments import Decision
from workflows.attachments import MEGABYTE
from workflows.children import ChildRow
from workflows.copies import Said
from workflows.disclosures import Copy
from workflows.kept_things import Kept
from workflows.people import Membership
from workflows.vocabulary import DATA_CLASS

FIRST_DAY = datetime(2026, 3, 26, 9, tzinfo=UTC)
AUDITED = datetime(2026, 4, 1, 9, tzinfo=UTC)
"""When the audit of March has drawn its sample: the first child's case, and none of those that come now."""

COUNTY, CITY = "nottinghamshire_county", "nottingham_city"
ELM, OAK = "elm_house", "oak_house"
ACADEMY, HILL = "example_academy", "hill_school"
POLICE = "example_police"
AGENCIES = {
    CITY: ("Example City Council", "local_authority", BOUND["council"]),
    OAK: ("Oak House", "placement", BOUND["home"]),
    "new_paths": ("New Paths", "interview_provider", BOUND["provider"]),
    HILL: ("Hill School", "education", BOUND["school"]),
    "city_health": ("City Health", "health", BOUND["health"]),
    "city_youth": ("City Youth Justice", "youth_justice", BOUND["youth_justice"]),
}
"""The second agency of each kind, and the roles for which it has somebody; the first one of each has one person for every role."""

JOINT = "joint_edt"
"""Who works for the emergency duty team of both councils."""
MORE: Mapping[str, tuple[tuple[str, str], ...]] = {
    **{f"other_{role}": ((role, agency),) for agency, (_name, _kind, roles) in AGENCIES.items() for role in roles},
    **{
        f"other_{role}": ((role, POLICE),)
        for role in ("chief_inspector_missing", "mfh_coordinator", "call_taker", "audit_lead")
    },
    JOINT: (("edt", COUNTY), ("edt", CITY)),
}
"""The posts of everybody beside the one person who holds each role; those of the force are of no group that sees the sealed child."""

HERON, SWIFT, OWL, ROBIN, WREN, JAY, CRANE = "Heron", "Swift", "Owl", "Robin", "Wren", "Jay", "Crane"
"""Closed, and sampled; the same child, who has gone to the other council and home and is missing again; closed, and 18 since; followed
up; sealed; the same child's new report, which is not sealed; and a child of before the cut-over."""
BIRDS = {HERON: HERON, SWIFT: HERON, OWL: OWL, ROBIN: ROBIN, WREN: WREN, JAY: WREN}
"""The child of each episode, by the name of the child's first one."""
COUNCIL_OF = {HERON: COUNTY, SWIFT: CITY, OWL: COUNTY, ROBIN: CITY, WREN: COUNTY, JAY: COUNTY}
LAST_OF = {HERON: SWIFT, OWL: OWL, ROBIN: ROBIN, WREN: JAY}
"""The latest episode of each child, which says to which council the child belongs."""
NAMED = {
    "provider": {COUNTY: "safe_steps", CITY: "new_paths"},
    "health": {COUNTY: "example_health", CITY: "city_health"},
    "youth_justice": {COUNTY: "example_youth_justice", CITY: "city_youth"},
}
"""Whom each council has named."""
SCHOOL_SAID = {HERON: ACADEMY, SWIFT: HILL, OWL: ACADEMY, ROBIN: HILL, WREN: ACADEMY, JAY: "not_known"}
"""What each report says of the school."""
SCHOOL_OF = {HERON: HILL, OWL: ACADEMY, ROBIN: HILL, WREN: ACADEMY}
VETTED = "other_audit_lead"
HOME_OF = {HERON: OAK, OWL: ELM, ROBIN: OAK, WREN: ELM}
BORN = {HERON: date(2012, 5, 1), OWL: date(2008, 4, 2), ROBIN: date(2013, 6, 2), WREN: date(2014, 7, 4)}
WITHOUT_TASKS = ("iro", "placement_provider", "school_dsl", "health", "yjs", "home_la", "host_la", "edt")
"""Who works on an episode in no drawing, and reads it by the specification where they take part."""
BACK = ("record_return",)
WRITING_UP = ("write_up_return_interview", "close_police_enquiry", "close_case")

CHIEF = "chief_inspector_missing"

GLASS = {"health": HERON, "edt": ROBIN, "call_taker": WREN}
"""Who has opened whose case with a reason."""
CONCERN = {"kind": "person", "risk": "high"}


@dataclass(frozen=True)
class Flock:
    """What was planted: `held` by the name of its owner, `children` and `cases` by the bird, `people` by the name."""

    now: datetime
    cases: Mapping[str, str]
    children: Mapping[str, str]
    forms: Mapping[str, str]
    held: Mapping[str, Held]
    people: Mapping[str, Person]
    seen: frozenset[str]
    refused: Mapping[str, str]


def build(site: Site) -> Flock:
    """Plant everything on a prepared site whose clocks stand at the first day; they are moved on."""
    services = site.services
    add_people(services.engine, FIRST_DAY)
    day = {"from-day": "1", "from-month": "3", "from-year": "2026"}
    for council, agency in (each for named in NAMED.values() for each in named.items()):
        typed = {"council": council, "provider": agency, "why": "The contract of this year", **day}
        send(site, "administrator", "/commissions", typed)
    vet(site)
    planted, cases = play(services)
    beside = Beside(site, planted, cases)
    beside.plant()
    lend(services.engine, cases.values())
    return Flock(
        now=planted.now,
        cases=cases,
        children={bird: child_of(cases[bird]) for bird in set(BIRDS.values())} | {CRANE: beside.past},
        forms=beside.forms,
        held=held(Rows.read(services.engine), planted, beside),
        people=everybody(services.engine),
        seen=frozenset(planted.seen),
        refused=planted.refused,
    )


def vet(site: Site) -> None:
    """Vet one of two auditors."""
    days = {f"{name}-{part}": number for name, year in (("vetted", "2026"), ("until", "2027")) for part, number in (("day", "1"), ("month", "3"), ("year", year))}  # fmt: skip
    page = f"/people/{VETTED}"
    send(site, "agency_administrator", f"{page}/vetting", {"agency": POLICE, "why": "Checked", **days}, page=page)


def child_of(case_id: str) -> str:
    """Give the id of a child who was met first in a case."""
    return case_id.replace("MC-", "CH-")


def add_people(engine: sa.Engine, now: datetime) -> None:
    """Add the second agencies with their people."""
    with writing(engine) as connection:
        for key, (name, kind, _roles) in AGENCIES.items():
            people.add_organisation(connection, key, name, kind)
        for name, posts in MORE.items():
            held, mail = [Membership(role, agency) for role, agency in posts], f"{name}@example.org"
            people.add(connection, name, name=name.title(), mail=mail, password=None, memberships=held, now=now)


def everybody(engine: sa.Engine) -> dict[str, Person]:
    """Give each person with their posts."""
    row = people.MembershipRow
    posts: dict[str, set[tuple[str, str]]] = {}
    with reading(engine) as connection:
        for person, role, agency in connection.execute(sa.select(row.person, row.role, row.organisation)):
            posts.setdefault(person, set()).add((role, agency))
    return {name: Person(name, frozenset(some), name == VETTED) for name, some in posts.items()}


def play(services: Services) -> tuple[Planted, dict[str, str]]:
    """Play the children's cases through the real procedures."""
    planted, cases = Planted(services, FIRST_DAY), {}

    def bird(name: str, *until: str, child: str = "new", home: str = ELM) -> None:
        cases[name] = planted.open("missing_child", name, "call_taker", responsible_authority=COUNCIL_OF[name])
        planted.leave(cases[name], until)
        planted.work(
            match_child={"child": child},
            complete_missing_report={"date_of_birth": BORN[BIRDS[name]], "school": SCHOOL_SAID[name]},
            name_home={"living": "here", "placement": home},
        )

    bird(HERON)
    planted.now = AUDITED
    timers.sweep(services.cases, now=AUDITED)
    planted.work()
    bird(OWL)
    bird(ROBIN, *WRITING_UP, home=OAK)
    bird(WREN, "close_case")
    bird(SWIFT, *BACK, child=child_of(cases[HERON]), home=OAK)
    child, closed = child_of(cases[HERON]), cases[HERON]
    planted.open("disruption", "Heronstop", "ppu_cse_unit", child=child)
    planted.open("referral", "Heronhub", "csc_mash", child=child, episode=closed)
    planted.open("reopening", "Heronagain", "mfh_coordinator", episode=closed)
    planted.open("recommendation", "Magpie", "inspection_coordinator")
    planted.work()
    return planted, cases


@dataclass
class Beside:
    """What people note beside the procedures, each with its canary; `names` says whose the texts of a record are."""

    site: Site
    planted: Planted
    cases: dict[str, str]
    forms: dict[str, str] = field(default_factory=dict)
    past: str = ""
    group: frozenset[str] = frozenset()

    @property
    def now(self) -> datetime:
        return self.planted.now

    @property
    def services(self) -> Services:
        return self.site.services

    def plant(self) -> None:
        """Note everything, and report the sealed child once more."""
        self._set_clocks()
        with writing(self.services.engine) as connection:
            for bird in BORN:
                self._of_the_carer(connection, bird)
                self._of_concern(connection, bird)
            self._given(connection)
            for bird, case_id in self.cases.items():
                self._attached(connection, bird, case_id)
                self._said(connection, bird, case_id)
        self._put_right()
        self._bring_in()
        self._decide()
        self._seal()
        self._report_again()
        self._set_clocks()
        for person, bird in GLASS.items():
            self._send(person, "/break-glass", {"reference": self.cases[bird], "reason": text_of("glass", bird)})
        self._tell_partners()
        self._hand_over()

    def _set_clocks(self) -> None:
        self.site.clock.now = self.site.wall_clock.now = self.now

    def _send(self, name: str, address: str, typed: Mapping[str, object], page: str = "") -> str:
        return send(self.site, name, address, typed, page)

    def by(self, name: str) -> Actor:
        """Give somebody as who acts."""
        with reading(self.services.engine) as connection:
            return people.find(connection, name).actor

    def child(self, bird: str) -> str:
        return child_of(self.cases[BIRDS[bird]])

    def _hand_over(self) -> None:
        """Take a task, and hand it over with a word."""
        giver, receiver = HAND_OVER
        asked = sa.text(
            "SELECT c.id, t.number FROM tasks t JOIN cases c ON c.id = t.case_id WHERE c.correlation = :child "
            "AND t.status = 'open' AND t.role = :role"
        )
        with reading(self.services.engine) as connection:
            case_id, number = connection.execute(asked, {"child": self.child(HERON), "role": giver}).first() or ("", 0)
        task = f"{case_id}.{number}"
        self._send(giver, "/tasks/several", {"task": task, "act": "take"})
        self._send(giver, "/handovers", {"task": task, "to": receiver, "note": text_of("shift", HERON)})

    def _of_the_carer(self, connection: sa.Connection, bird: str) -> None:
        """Write the form of a child, part 2 too, with an absence; one child goes to another home with it."""
        now, own, carer = self.now, f"{bird}form", Actor("placement_provider", frozenset({philomena.OWNS}), ELM)
        said = {name: text_of(kind, own) for name, (_words, kind) in philomena.EVERY_FIELD.items()}
        written = philomena.Written(text_of("D1", own), BORN[bird], None, said)
        form = self.forms[bird] = philomena.create(connection, ELM, written, by=carer, now=now)
        philomena.write_now(connection, form, said, on=1, by=carer, now=now)
        philomena.say_whose(connection, form, self.child(bird), by=carer, now=now)
        away = {"absent_since": now, "decision": "absent", "told": ["manager"]}
        texts = dict.fromkeys(("attempts_made", "risk_considered"), text_of("D6", own))
        absences.record(connection, form, {**away, **texts}, by=carer, now=now, key=bird)
        self._concern(connection, form, "D6", own, carer)
        (kept,) = kept_things.of(connection, [form])
        typed = {**kept.said, "name": f"New: {text_of('D6', own)}"}
        amendments.put_right(connection, kept, typed, self._decision(kept, own), may={"D6"})
        if HOME_OF[bird] != ELM:
            philomena.hand_over(connection, form, HOME_OF[bird], by=carer, now=now)

    def _of_concern(self, connection: sa.Connection, bird: str) -> None:
        """Note people of concern, one of whom is none any more; and keep a photograph that says where it was taken."""
        police = Actor("ppu_cse_unit", frozenset({"ppu_cse_unit"}), "example_police")
        for kind in ("D4", "D5"):
            self._concern(connection, self.child(bird), kind, bird, police)
        noted = concerns.of_child(connection, self.child(bird))
        number = min(each.id for each in noted if each.data_class == "D4")
        concerns.end(connection, number, noted, text_of("D4", bird), may={"D4"}, by=police, now=self.now)
        self._concern(connection, self.child(bird), "D4", bird, police)
        self._amended(connection, self.child(bird), bird)
        picture = photographs.cleaned(photograph(bird))
        photographs.add(connection, self.child(bird), picture, by=police, now=self.now)

    def _amended(self, connection: sa.Connection, about: str, bird: str) -> None:
        """Put each person of concern right, and withdraw one of intelligence; of a photograph a withdrawal stays alone."""
        noted = [each for each in kept_things.of(connection, [about]) if each.kind == kept_things.CONCERN]
        for each in noted:
            typed = {**each.said, "name": f"New: {text_of(each.data_class, bird)}"}
            amendments.put_right(connection, each, typed, self._decision(each, bird), may={each.data_class})
        photographs.add(connection, about, photographs.cleaned(photograph(bird)), by=Actor("call_taker"), now=self.now)
        ended = [each for each in kept_things.of(connection, [about]) if each.data_class in {"D4", "D1"}]
        for each in (ended[-1], next(one for one in ended if one.data_class == "D4")):
            amendments.withdraw(connection, each, self._decision(each, bird))

    def _attached(self, connection: sa.Connection, bird: str, case_id: str) -> None:
        """Attach a file of each data class to a case, and put what one says of itself right."""
        by, limits = Actor("call_taker"), attachments.Limits(MEGABYTE, MEGABYTE)
        for kind in DATA_CLASS:
            said, key = text_of(kind, bird), f"{bird} {kind}"
            sent = attachments.Sent(said.encode(), f"{said}.txt", said, "letter", kind, None, key)
            attachments.add(
                connection, case_id, sent, may={kind}, limits=limits, is_scanned=False, by=by, now=self.now
            )  # fmt: skip
        (kept,) = (each for each in kept_things.of(connection, [case_id]) if each.data_class == "D8")
        typed = {**kept.said, "title": f"New: {text_of('D8', bird)}"}
        amendments.put_right(connection, kept, typed, self._decision(kept, f"file {bird}"), may={"D8"})

    def _said(self, connection: sa.Connection, bird: str, case_id: str) -> None:
        """Write a comment of each data class that mentions everybody, and put one right."""
        by, told = Actor("call_taker"), people.holders(connection, ("mfh_coordinator", "csc_mash", "rhi_worker"))
        for kind in DATA_CLASS:
            written = comments.Written(
                text_of(kind, bird), kind, None, tuple(p.sign_in for p in told), f"{bird} {kind}"
            )
            comments.add(connection, case_id, written, may={kind}, able=told, by=by, base_url="", now=self.now)
        things = kept_things.of(connection, [case_id])
        (kept,) = (each for each in things if each.kind == kept_things.COMMENT and each.data_class == "D8")
        typed = {"text": f"New: {text_of('D8', bird)}"}
        amendments.put_right(connection, kept, typed, self._decision(kept, bird), may={"D8"})

    def _decision(self, kept: Kept, bird: str) -> Decision:
        why = text_of(kept.data_class, bird.removeprefix("file "))
        key = f"{bird} {kept.kind} {kept.key} {amendments.stamp_of(kept)}"[:40]
        return Decision(Actor("call_taker"), self.now, why, key, amendments.stamp_of(kept), "https://homeward.example")

    def _concern(self, connection: sa.Connection, about: str, kind: str, bird: str, by: Actor) -> None:
        typed = {**dict.fromkeys(concerns.TEXTS, text_of(kind, bird)), **CONCERN, "data_class": kind}
        concerns.add(connection, about, typed, None, may={kind}, by=by, now=self.now)

    def _put_right(self) -> None:
        """Put an answer of two classes right, each with a reason that belongs to its class."""
        for record, key, name, kind, role in (
            ("return_interview", "", "story", "D8", "rhi_worker"),
            ("prevention_interview", "1", "what_happened", "D7", "locate_sergeant"),
        ):
            new, why = {name: f"New: {text_of(kind, HERON)}"}, text_of(kind, HERON)
            case_id, by = self.cases[HERON], self.by(role)
            self.services.cases.correct(case_id, record, key, new, by=by, now=self.now, key=record, reason=why)

    def _bring_in(self) -> None:
        """Bring in a child of before the cut-over, with an episode that left something to be done, and a plan."""
        texts = ",".join([text_of("D5", CRANE)] * 6)
        sheets = {
            "children": f"reference,name,known_as,born_on\nA-1,{text_of('D1', CRANE)},Crane,2013-02-03\n",
            "episodes": f"reference,child,reported_at,closed_at,unfinished\nE-1,A-1,2025-01-05 21:00,2025-01-06 07:30,{text_of('D2', CRANE)}\n",
            "plans": "reference,child,version,valid_from,summary,immediate_tasks,known_people,known_places,contact_rules,what_works\n".replace(
                "reference,child", "child"
            )
            + f"A-1,1,2025-01-07 09:00,{texts}\n",
        }
        report = cutover.bring_in(
            self.services.engine, {name: (name, text.encode()) for name, text in sheets.items()}, now=self.now
        )
        assert not report.refused, report
        row = ChildRow
        with reading(self.services.engine) as connection:
            self.past = connection.execute(sa.select(row.child_id).where(row.source_reference == "A-1")).scalar_one()
        self.planted.names[self.past] = CRANE

    def _decide(self) -> None:
        """Propose that records are one, and refuse it; decide to keep a record, and hold it; review what somebody read."""
        one, other, why = self.child(OWL), self.child(ROBIN), {"reason": text_of("merge", OWL)}
        place = self._send("mfh_coordinator", f"/children/{one}/same/{other}", {"stays": one, **why})
        self._send("locate_sergeant", f"{place}/decide", {"decision": "refuse", **why}, page=place)
        self._send("locate_sergeant", f"/children/{one}/same/{other}", {"stays": one, **why})
        governs, page, why = "information_governance", f"/retention/{one}", {"reason": text_of("hold", OWL)}
        self._send(governs, f"{page}/decide", {"decision": "keep", **why}, page=page)
        self._send(governs, f"{page}/hold", {"hold-reason": text_of("hold", OWL)}, page=page)
        self.site.browser("call_taker").page(f"/cases/{self.cases[OWL]}")
        day = {
            "person": "call_taker",
            "day": f"{self.now.date()}",
            "verdict": "look_into",
            "text": text_of("reads", OWL),
        }
        self._send(governs, "/reads", day)

    def _given(self, connection: sa.Connection) -> None:
        """Note that records were given to two people, one of whom was told that something was put right since."""
        by, copy = self.by("mfh_coordinator"), Copy("bundle", frozenset({"D2"}), role="mfh_coordinator")
        for bird in (HERON, ROBIN):
            case_id, canary = self.cases[bird], text_of("given", bird)
            for to in (f"{canary} one", f"{canary} two"):
                disclosures.note_disclosure(
                    connection, about=(case_id, self.child(bird)), to=to, what="Facts", basis="court_order", by=by,
                    now=self.now, copy=copy,
                )  # fmt: skip
            copies.owe(
                connection, {case_id}, cause=case_id, classes={"D2"}, written_at=self.now, base_url="", now=self.now
            )
            first = copies.waiting(connection, audience.audience(connection, by, self.now), case_id)[:1]
            copies.settle(connection, first, Said("spoken", self.now, canary, canary), by=by, now=self.now)

    def _seal(self) -> None:
        """Seal a child for those who have work in its cases, and a social worker."""
        child, asked = (
            self.child(WREN),
            sa.text(
                "SELECT DISTINCT c.id, t.role FROM cases c LEFT JOIN tasks t ON t.case_id = c.id AND t.status = 'open' "
                "WHERE c.correlation LIKE '%' || :child OR c.id = :case "
                "OR c.id IN (SELECT case_id FROM cases_about_children WHERE child_id = :child)"
            ),
        )
        with reading(self.services.engine) as connection:
            rows = connection.execute(asked, {"child": child, "case": self.cases[WREN]}).all()
        group = sorted({"csc_social_worker"} | {role for _case, role in rows if role})
        typed = {
            "cases": sorted({case for case, _role in rows}),
            "members": "\n".join(group),
            "reason": text_of("seal", WREN),
        }
        self._send(CHIEF, f"/seals/new/{child}", typed)
        self.group = frozenset({*group, CHIEF})

    def _report_again(self) -> None:
        """Report the sealed child again: the new case is sealed from nobody."""
        planted = self.planted
        case = self.cases[JAY] = planted.open("missing_child", JAY, "call_taker", responsible_authority=COUNCIL_OF[JAY])
        planted.leave(case, BACK)
        report = {"date_of_birth": BORN[WREN], "school": SCHOOL_SAID[JAY]}
        planted.work(match_child={"child": self.child(WREN)}, complete_missing_report=report)

    def _tell_partners(self) -> None:
        """Tell a school, and a social worker who has an account; tell the school of something else, and take that back."""
        case_id, given = (
            self.cases[ROBIN],
            dict.fromkeys(("person", "works_for", "decided_by"), text_of("given", ROBIN)),
        )
        typed = {**given, "ring": "01632 960 001", "basis": "childrens_services", "safe": "yes"}
        account = "other_csc_social_worker@example.org"
        for kind, mail in (
            ("found_notice", account),
            ("found_school", "dsl@example.org"),
            ("found_notice", "dsl@example.org"),
        ):
            self._send("mfh_coordinator", f"/cases/{case_id}/notices/new?kind={kind}", {**typed, "mail": mail})
        page = f"/cases/{case_id}/notices"
        self._send("mfh_coordinator", f"{page}/3/withdraw", {"why": text_of("given", ROBIN)}, page=page)


def send(site: Site, name: str, address: str, typed: Mapping[str, object], page: str = "") -> str:
    """Send a form as somebody, from its page; give where that leads."""
    browser = site.browser(name)
    form = browser.page(page or address)
    token = form.select("input[name=csrf_token]")[0]["value"]
    answer = browser.send(address, {"csrf_token": token, **typed}, form=form)
    assert answer.status_code < HTTPStatus.BAD_REQUEST, answer.text
    return str(answer.location)


def photograph(bird: str) -> bytes:
    """Make a photograph that says in its metadata what it should not."""
    exif, written = Image.Exif(), io.BytesIO()
    exif[0x010E] = text_of("D1", bird)
    Image.new("RGB", (60, 40), "blue").save(written, "JPEG", exif=exif, comment=text_of("D1", bird).encode())
    return written.getvalue()


def lend(engine: sa.Engine, cases: Iterable[str]) -> None:
    """Give each role that has no task in any drawing yet one that is done, so that its people have a part in these cases.

    It is one of several that another role has done, the latest first: nobody loses a part.
    """
    with writing(engine) as connection:
        for case_id in cases:
            done = sa.text(
                "SELECT number, role FROM tasks WHERE case_id = :case AND status != 'open' ORDER BY number DESC"
            )
            rows = connection.execute(done, {"case": case_id}).all()
            left, numbers = Counter(row.role for row in rows), []
            for row in rows:
                if left[row.role] > 1:
                    left[row.role] -= 1
                    numbers.append(row.number)
            for role, number in zip(WITHOUT_TASKS, numbers, strict=False):
                change = sa.text("UPDATE tasks SET role = :role WHERE case_id = :case AND number = :number")
                connection.execute(change, {"role": role, "case": case_id, "number": number})
            assert len(numbers) >= len(WITHOUT_TASKS), case_id


@dataclass(frozen=True)
class Rows:
    """What the plain rows say of the cases: how each stands, who works on it, what is sampled and sealed, which home is named."""

    status: Mapping[str, str]
    worked: frozenset[tuple[str, str]]
    sampled: frozenset[str]
    sealed: frozenset[str]
    homes: Mapping[str, str]
    attended: frozenset[tuple[str, str]]

    @classmethod
    def read(cls, engine: sa.Engine) -> Rows:
        with reading(engine) as connection:

            def told(words: str) -> list[tuple[str, str]]:
                return [(str(first), str(last)) for first, *_rest, last in connection.execute(sa.text(words))]

            return cls(
                dict(told("SELECT id, status FROM cases")),
                frozenset(told("SELECT DISTINCT case_id, role FROM tasks")),
                frozenset(case_id for case_id, _key in told("SELECT sampled_case, record_key FROM audit_samples")),
                frozenset(case_id for case_id, _seal in told("SELECT case_id, seal FROM seal_cases")),
                dict(told("SELECT case_id, home FROM serious_events")),
                frozenset(told("SELECT case_id, kind FROM meeting_attendance")),
            )


def held(rows: Rows, planted: Planted, beside: Beside) -> dict[str, Held]:
    """Say of each case whose it is and how it stands, by the owner of its texts; of each carer's form and the past child too."""
    found = {}
    for case_id in rows.status:
        name = planted.owner_of(case_id)
        found[name] = _case(case_id, name, rows, beside)
    for bird, form in beside.forms.items():
        kept = replace(found[bird], case_id=form, is_form=True, is_case=False, is_episode=False)
        found[f"{bird}form"] = replace(kept, worked_by=frozenset(), sealed_for=None)
    past = Held(beside.past, CRANE, standing=Standing.CLOSED, is_case=False, is_episode=False)
    return found | {CRANE: past}


def _case(case_id: str, name: str, rows: Rows, beside: Beside) -> Held:
    bird = next((BIRDS[each] for each in BIRDS if name.startswith(each)), "")
    council = COUNCIL_OF.get(name) or (COUNCIL_OF[LAST_OF[bird]] if bird else "")
    ended = Standing.GROWN_UP if bird == OWL else Standing.CLOSED
    return Held(
        case_id,
        bird,
        council=council,
        provider=NAMED["provider"].get(council, ""),
        health=NAMED["health"].get(council, ""),
        youth_justice=NAMED["youth_justice"].get(council, ""),
        school=SCHOOL_OF.get(bird, ""),
        homes=frozenset({rows.homes.get(case_id) or HOME_OF[bird]}) if bird else frozenset(),
        standing=Standing.OPEN if rows.status[case_id] == "open" else ended,
        is_episode=name in BIRDS,
        sampled=case_id in rows.sampled,
        attended=frozenset(kind for attended, kind in rows.attended if attended == case_id),
        sealed_for=beside.group if case_id in rows.sealed else None,
        worked_by=frozenset(role for worked, role in rows.worked if worked == case_id),
        opened_by=frozenset(person for person, opened in GLASS.items() if beside.cases[opened] == case_id),
    )

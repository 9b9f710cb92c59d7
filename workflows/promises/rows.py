"""The promises, in the order of domain.md 8; G-47 onwards are those that its section 13 adds."""

from __future__ import annotations

from workflows.promises import added, aftermath, search
from workflows.promises.model import Promise

DRAWN = "It is a property of the drawings, and holds of every release that is published"

PROMISES: tuple[Promise, ...] = (
    Promise("G-01", "Every child who returns is offered a return interview", "C", "(a) [S47], T-24", ("rhi_manager", "cmo"), aftermath.offered, model=True),
    Promise("G-02", "The return interview is held within 72 hours of the return", "C", "(a) [S46], T-25, domain 13.1", ("rhi_manager", "cmo"), aftermath.held, reason_class="D9"),
    Promise("G-03", "Every child who returns is seen by the police before they close, or an inspector agrees to an exception", "C", "[S55][S102]", ("locate_sergeant", "duty_inspector"), aftermath.seen_by_police, model=True),
    Promise("G-04", "The interviewer is independent, or one whom the child knows and wishes for", "H", "(a) [S43][S53]", ("rhi_manager",), aftermath.independent),
    Promise("G-05", "The police have the outcome of the interview in time, in a form that they can use: usually within two working days", "H", "[PCC]", ("rhi_manager", "mfh_coordinator"), aftermath.received),
    Promise("G-06", "Where the child declines, the carer has the chance to tell", "M", "(a) [S49]", ("rhi_worker",), aftermath.carer_asked),
    Promise("G-07", "What the interview gave stands in the trigger plan within five working days", "H", "[PCC], T-37", ("mfh_coordinator",), aftermath.planned),
    Promise("G-08", "Harm or an offence that the child tells of reaches social care and police in time: usually within two hours", "C", "(a) [S46], T-28", ("rhi_worker", "rhi_manager"), aftermath.passed_on),
    Promise("G-09", "A live trigger plan is shown before any grade is given", "C", "[PCC], T-08", ("call_taker",), search.plan_shown, model=True),
    Promise("G-10", "Flags of exploitation are shown before any grade is given", "C", "[PCC][S101]", ("call_taker",), search.flags_shown, model=True),
    Promise("G-11", "The tasks of the plan and of the last episode are live in time, usually within half an hour, or dismissed with a reason", "H", "[PCC], T-08", ("locate_sergeant",), search.tasks_live),
    Promise("G-12", "High is left only with the yes of an inspector who did not propose it", "C", "(c), domain 1.5", ("duty_inspector",), search.lowered_by_two, model=True),
    Promise("G-13", "A lower grade of a child in care or on a protection plan records what the local authority says", "H", "(a) [S01]", ("locate_sergeant",), search.authority_heard),
    Promise("G-14", "A named inspector takes a new case over in time: usually within 15 minutes, 5 when it is high", "C", "[S23], T-03, domain 13.6", ("duty_inspector", "control_room_supervisor"), search.handover, model=True),
    Promise("G-15", "The police co-ordinator attends the strategy meeting, or says why not", "H", "[PCC], T-35", ("mfh_coordinator",), aftermath.police_came, reason_class="D10"),
    Promise("G-16", "A third report in 90 days is followed by a meeting within five working days", "H", "(b)(c), domain 13.6", ("mfh_coordinator", "cmo"), aftermath.met_for_repeats, reason_class="D10"),
    Promise("G-17", "Where significant harm is suspected the agencies confer within 24 hours, or a working day where that is earlier", "C", "(a), T-30", ("csc_team_manager",), aftermath.met_after_harm, reason_class="D10"),
    Promise("G-18", "Police, social care and health are at the strategy discussion", "H", "(a) [S57]", ("csc_team_manager",), aftermath.quorate, reason_class="D10"),
    Promise("G-19", "The UK Missing Persons Unit is told at 72 hours", "H", "(a) [S30], T-18", ("mfh_coordinator",), search.unit_told),
    Promise("G-20", "The risk is reviewed on schedule", "H", "[S01][S07], T-09", ("locate_sergeant", "duty_inspector"), search.reviews),
    Promise("G-21", "Whoever is missing is dealt with in each day's meeting", "H", "[PCC], T-11", ("chief_inspector_missing",), search.daily),
    Promise("G-22", "No stretch of a search is without an enquiry that is recorded: 1 hour when high, 4 when medium, else 12", "H", "[S103]", ("locate_sergeant",), search.no_silence),
    Promise("G-23", "The caller is told when nobody comes in time", "M", "[S24], T-04", ("control_room_supervisor",), search.caller_told),
    Promise("G-24", "The local authority is told in time of everybody under 18: usually within 30 minutes, 5 when the grade is high", "C", "(a)/(c), T-06, domain 13.6", ("csc_mash", "mfh_coordinator"), search.notice, model=True),
    Promise("G-25", "Of a child in care, parents, placement and the reviewing officer are told", "H", "(a), T-07", ("csc_social_worker",), search.parents_told),
    Promise("G-26", "The prevention interview is held in time, usually within 24 hours, 1 after a high grade or harm, or a reason is recorded", "H", "(b) [S16], T-21", ("response_officer", "locate_sergeant"), aftermath.spoken_to_soon, reason_class="D7"),
    Promise("G-27", "For a child in care out of area, who arranges the interview is decided and the host authority told", "H", "(a/b) [S129], T-48", ("cmo",), aftermath.arranged_elsewhere),
    Promise("G-28", "Every grade, and every change of it, has a rationale, a source and a time", "H", "(a) [S01]", ("call_taker", "locate_sergeant"), search.grades_reasoned),
    Promise("G-29", "Ethnicity and care status are recorded, or that they were not stated", "M", "HMIC 2016, R1", ("call_taker",), search.identity_recorded),
    Promise("G-30", "Nothing critical is open when a case is closed", "H", "(c)", ("mfh_coordinator",), search.closed_clean, model=True),
    Promise("G-31", "A case can be opened again and keeps its history", "M", "(c)", model=True, waits_for="It says what can be done: a closed case is opened again by a case of its own, and stays as it is"),
    Promise("G-32", "The account of an interview is read by nobody whose role does not allow it", "C", "(a)", waits_for="The table of access decides it at every reading; the log of readings is reviewed by people"),
    Promise("G-33", "Every disclosure is logged with its basis and its recipient", "C", "(a) Data Protection Act 2018, s. 62", waits_for="The program writes both in one step; there is nothing beside it to compare with"),
    Promise("G-34", "Nothing is deleted under a hold, and nothing kept past its time without a review", "H", "(a) [S81][S82]", waits_for="It is a promise of the record as a whole, and not of an episode"),
    Promise("G-35", "The child protection conference is held within 15 working days, the assessment finished within 45", "H", "(a) [S57], T-32, T-33", ("csc_team_manager",), aftermath.enquired_in_time),
    Promise("G-36", "Police protection ends, or an emergency order is made, within 72 hours", "C", "(a) [S71], T-42", ("duty_inspector",), aftermath.protection_ended),
    Promise("G-37", "Ofsted is told within 24 hours when exploitation of a child in a home is suspected", "H", "(a) [S69], T-41", ("placement_provider",), aftermath.inspectorate_told),
    Promise("G-38", "No status of a recommendation is older than 90 days, and no overdue milestone unescalated", "M", "(b) [S94][S101], T-46", ("inspection_coordinator",), waits_for="It is a promise of a recommendation, and stands on its page"),
    Promise("G-39", "The audit's sample is drawn in full and its findings are acted on within 30 days", "M", "[PCC], T-44", ("audit_lead",), waits_for="It is a promise of a month's audit, and stands on its page"),
    Promise("G-40", "A child with a sign of exploitation or a protection plan is never low without an inspector's reason", "H", "[S11][S101], T-02", ("duty_inspector",), search.not_low),
    Promise("G-41", "Whatever waits for people has a clock that leads to an escalation", "C", "(c)", model=True, waits_for=DRAWN),
    Promise("G-42", "Every case can come to its end, and no task is dead", "C", "(c)", model=True, waits_for=DRAWN),
    Promise("G-43", "Every message has a receiver and a key", "H", "(c)", model=True, waits_for=DRAWN),
    Promise("G-44", "Two searches for one child never run side by side", "H", "(c)", ("locate_sergeant",), search.one_at_a_time),
    Promise("G-45", "A case runs on the release with which it began", "M", "(c)", model=True, waits_for="The release is part of the case, and nothing changes it"),
    Promise("G-46", "A child who was reported three times in 90 days has a trigger plan within ten working days", "H", "[PCC]", ("mfh_coordinator",), search.plan_for_repeats),
    Promise("G-47", "Parents and carers of a child in care are told, unless a named person decided that this endangers the child", "H", "domain 13.2, T-07", ("csc_social_worker", "csc_team_manager"), added.told_or_decided),
    Promise("G-48", "What pages somebody is answered by when the clock of the case says", "C", "domain 13.5, T-03, T-10, T-14, T-28", ("duty_inspector", "chief_inspector_missing"), added.answered),
    Promise("G-49", "From the second report on, somebody talks in time about what would help the child", "H", "domain 2.2, 13.6, C-21", ("mfh_coordinator",), added.support_discussed),
    Promise("G-50", "Unfinished actions are asked about when the case closes, and each goes on with somebody", "M", "domain 13.9", ("mfh_coordinator",), added.carried_over, model=True),
    Promise("G-51", "A meeting that a rule asks for is held within five working days, within 24 hours while the child is missing", "H", "domain 2.6, 13.6, T-20, T-34", ("mfh_coordinator", "csc_team_manager"), aftermath.met_when_called, reason_class="D10"),
    Promise("G-52", "Public protection says in time whether it investigates, and why", "H", "domain 13.8, T-15", ("ppu_cse_unit",), added.result_came_back),
    Promise("G-53", "A flag of exploitation that stands is looked at again in time, until it ends", "H", "domain 13.8, C-66", ("ppu_cse_unit",), added.flags_reviewed),
    Promise("G-54", "Public protection decides on every sign of exploitation that it was told of", "H", "domain 13.8", ("ppu_cse_unit",), search.signs_decided),
)  # fmt: skip
"""What is said to be usual is what the clocks of the shipped procedure give; a case is held to its own (domain.md 7).

G-53 is about a child over the years: the episode that was the first to decide on a flag answers for the looks at it.
"""

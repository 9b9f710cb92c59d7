"""Where a rule comes from, in plain words: what stands behind the codes that drawings and tables carry for those who draw (domain.md 11).

A table says ``T-10, domain 1.6 (c) [S05]``; whoever has the task reads which deadline, which rule and which guidance that is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from workflows.obligations import OBLIGATIONS
from workflows.promises import PROMISES

_APP = "College of Policing, Authorised Professional Practice on missing persons"
_QUICK = "College of Policing, quick reference"

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "PCC": "Nottinghamshire Police and Crime Commissioner, response to the inspection of 2016",
        "S01": f"{_APP}: risk",
        "S02": f"{_APP}: initial contact",
        "S05": f"{_APP}: investigations",
        "S06": f"{_QUICK} for call handlers",
        "S07": f"{_QUICK} for supervisors",
        "S101": "HMICFRS, recommendations to other forces",
        "S103": "HMICFRS, revisit to the Metropolitan Police, 2025",
        "S107": "The Children's Society, on National Crime Agency figures of 2017 to 2019",
        "S108": "National Crime Agency figures of 2019/20",
        "S11": "National police lead, letter to chief constables on “absent”, 2015",
        "S113": "Department for Education, children looked after who went missing",
        "S119b": "Reports on children placed out of their area, 2015 to 2018",
        "S12": "National police guidance of 2010, table of risk",
        "S120": "Study of children who are missing repeatedly, 2019",
        "S121": "Study of repeat missing children, 2021",
        "S123": "Study of missing children, 2023",
        "S128": "Cleveland Police, answer to a request for information",
        "S129": "Devon County Council, answer to a request for information",
        "S16": "Metropolitan Police, training notes on missing persons",
        "S19": "Essex Police, procedure on missing persons",
        "S22": "Staffordshire joint protocol, roles of the police",
        "S23": "Independent Office for Police Conduct, recommendation on hand-overs, 2025",
        "S24": "Independent Office for Police Conduct, Nottinghamshire, 2018",
        "S30": "National Crime Agency, information for police",
        "S31": "House of Commons, answer of January 2003",
        "S32": "House of Commons, answer of April 2008",
        "S34": "College of Policing, advice on child abduction warning notices",
        "S34c": "Legal manual on recovery orders",
        "S35": "HMICFRS, glossary: child abduction warning notice",
        "S36": "Home Office, answer on child abduction warning notices, 2016",
        "S38": "House of Lords, answer of July 2020",
        "S44": "Derbyshire, practice guidance on return interviews",
        "S46": "Croydon, key messages on return interviews",
        "S47": "Missing People, return interviews across England 2023-24",
        "S48": "The Children's Society, return interviews, 2019",
        "S49": "Missing People, support after a missing episode",
        "S51": "Knowsley, return interview form",
        "S52": "Oxfordshire, return interview process",
        "S57": "Lewisham, procedures on strategy meetings",
        "S58": "Southwark, reporting of missing children to senior managers",
        "S59": "Kent, procedure on alerts",
        "S62": "Cambridgeshire, protocol on children who run away or go missing",
        "S66": "Surrey, strategy discussions",
        "S69": "Children's Homes (England) Regulations 2015",
        "S70": "Children Act 1989, section 50",
        "S71": "Children Act 1989, section 46: 72 hours",
        "S74": "Operation Encompass, missing children",
        "S75": "Philomena Protocol",
        "S81": "Care Planning Regulations 2010 on keeping records",
        "S82": "Code of practice on police information",
        "S85": "Nottinghamshire, children's social care procedure 6.5",
        "S86": "Nottingham City, local practice guidance",
        "S94": "Nottinghamshire Police Authority, audit and inspection report, 2011",
    }
)
"""The guidance behind a code, by its title; every code that a table of ours carries is here."""

SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "1.1": "what counts as missing",
        "1.2": "the risk grades and their response",
        "1.3": "what is done for every report",
        "1.4": "the factors of risk",
        "1.6": "who supervises each grade, and when",
        "1.7": "the daily management meeting",
        "13.1": "a reason explains a breach and never cures it",
        "13.3": "an unknown answer never lowers a grade",
        "13.5": "urgent messages reach whoever is on call",
        "13.6": "the present report counts at once",
        "13.7": "prevention is work of its own",
        "13.8": "public protection decides on each sign",
        "13.10": "adults take a short way",
        "2.5": "the emergency powers",
        "2.6": "when a meeting is held",
        "2.7": "the protocols of neighbours and carers",
        "3.5": "how recommendations are followed up",
        "5.5": "how long records are kept",
        "6.2": "the questions about risk",
        "6.3": "the actions of a search",
        "6.5": "the return and the prevention interview",
        "6.6": "the return interview",
        "6.7": "the meeting",
        "6.8": "the trigger plan",
        "6.9": "the audit",
        "6.10": "the recommendation",
        "7": "the deadlines",
        "9": "how an episode goes from the report to its close",
    }
)
"""What a section of this service's own rules is about."""

NOTICES: Mapping[str, str] = MappingProxyType({"N2": "the notice to the other authority"})

_PROMISED = {row.id: row.words for row in PROMISES}
_EVIDENCE = re.compile(r"\s*[\[(][abcK](?:/[abcK])?[\])]")
"""How sure the specification is of a rule: verified, local, proposed. It tells whoever has the task nothing."""
_QUESTION = re.compile(r"\s+ra_[a-z_]+")
_CITED = re.compile(r"\s*((?:\[(?:PCC|S\d+[a-z]?)\])+)")
_SECTION = re.compile(
    r"\bdomain (\d+(?:\.\d+)?)\b(?: \((?:[ivx]+|repeat bands)\))?|\b(\d{1,2}\.\d{1,2})\b(?: \([ivx]+\))?"
)
_ID = re.compile(r"\b([TCG]-\d+|N\d+)\b")
_NAMED = re.compile(r" \([TCG]-\d+\)$")


def plain(text: str) -> str:
    """Say a note of a table without its codes; a code that is in none of these tables stays as it is.

    ``domain 1.6: every 4 h (c) [S05]`` is ``who supervises each grade, and when: every 4 h (College of Policing, ...: investigations)``.
    """
    said = _QUESTION.sub("", _EVIDENCE.sub("", text))
    said = cited(said)
    said = _SECTION.sub(lambda found: SECTIONS.get(found[1] or found[2], found[0]), said)
    said = _ID.sub(lambda found: _words(found[1]), said)
    return " ".join(said.split())


def cited(text: str) -> str:
    """Say a text with the titles of what it cites: ``43%, 2018/19 [S107]`` is ``43%, 2018/19 (The Children's Society, ...)``."""
    return _CITED.sub(lambda found: f" ({'; '.join(_titles(found[1]))})", text)


def nameless(name: str) -> str:
    """Give the name of a clock without the number of its deadline: ``Review clock (T-09)`` is ``Review clock``."""
    return _NAMED.sub("", name)


def _titles(codes: str) -> list[str]:
    return [SOURCES.get(code, code) for code in re.findall(r"\[([^\]]+)\]", codes)]


def _words(code: str) -> str:
    words = OBLIGATIONS.get(code) or _PROMISED.get(code) or NOTICES.get(code)
    return f"“{words}”" if words else code

"""Writes a county to CSV files: children, episodes, the truth, and an audit of what differs by ethnicity."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from web.county.lives import Child, Episode
from web.county.stage import Played

Row = Mapping[str, object]
LONG, VERY_LONG = 48, 7 * 24
"""Hours, of the comparisons that are asked for (domain.md 3.6)."""


def write(played: Played, folder: Path) -> list[Path]:
    """Write the files into a folder; the same county gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    sheets: dict[str, Iterable[Row]] = {
        "children": map(_child, played.county.children),
        "episodes": (_episode(each, played.cases.get(each, "")) for each in played.county.episodes),
        "ground_truth": _truth(played),
        "bias_audit": bias(played),
    }
    return [_write(folder / f"{name}.csv", list(rows)) for name, rows in sheets.items()]


def _child(child: Child) -> Row:
    return {
        "child": child.number,
        "name": child.name,
        "sex": child.sex,
        "born_on": child.born_on.isoformat(),
        "ethnicity": child.ethnicity,
        "care": child.care,
        "out_of_area": child.out_of_area,
        "flags": " ".join(sorted(child.flags)),
        "authority": child.authority,
    }


def _episode(episode: Episode, case_id: str) -> Row:
    return {
        "case": case_id,
        "child": episode.child.number,
        "number": episode.number,
        "missing_since": episode.missing_since.isoformat(),
        "reported_at": episode.reported_at.isoformat(),
        "returned_at": episode.returned_at.isoformat(),
        "risk": episode.risk,
        "changed": episode.changed,
        "distance_km": episode.distance_km,
        "found_how": episode.found_how,
        "found_where": episode.found_where,
        "harm": episode.harm,
        "reason": episode.reason,
        "interview": episode.interview,
        "lapses": " ".join(sorted(episode.lapses)),
        "together": episode.together or "",
    }


def _truth(played: Played) -> Iterator[Row]:
    for label in sorted(played.labels):
        yield {
            "case": label.case_id,
            "promise": label.promise,
            "broken_at": label.at.isoformat(timespec="seconds"),
            "lapse": label.lapse,
        }


def bias(played: Played) -> list[Row]:
    """Compare by ethnicity, those not recorded as their own line: grade, duration, who found, interview, broken promises."""
    broken = Counter(label.case_id for label in played.labels if label.at <= played.ends_at)
    groups: dict[str, list[Episode]] = defaultdict(list)
    for episode in played.county.episodes:
        groups["not_recorded" if "ethnicity_missing" in episode.lapses else episode.child.ethnicity].append(episode)
    return [_line(name, some, broken, played.cases) for name, some in sorted(groups.items())]


def _line(name: str, some: list[Episode], broken: Mapping[str, int], cases: Mapping[Episode, str]) -> Row:
    def share(*so: bool) -> str:
        return f"{100 * sum(so) / len(so):.1f}"

    return {
        "ethnicity": name,
        "episodes": len(some),
        "high_percent": share(*(each.risk == "high" for each in some)),
        "over_48_hours_percent": share(*(each.hours > LONG for each in some)),
        "over_7_days_percent": share(*(each.hours > VERY_LONG for each in some)),
        "found_by_police_percent": share(*(each.found_how == "police" for each in some)),
        "interview_in_time_percent": share(*(each.interview == "held" for each in some)),
        "broken_promises_each": f"{sum(broken[cases[each]] for each in some if each in cases) / len(some):.2f}",
    }


def _write(path: Path, rows: list[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path

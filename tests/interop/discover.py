"""Loads both exported logs of a county as an analyst would, and finds the procedure in them: `make interop`.

Runs in an environment of its own, from the lock beside it: the licence of what reads the logs keeps it out of the product and its tests.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")
os.environ["PM4PY_SHOW_PROGRESS_BAR"] = "False"

import jsonschema  # noqa: E402 - what is said to it before it is loaded
import pm4py  # noqa: E402

PROCEDURE = "missing_child"
STEPS = (
    "CaseCreated", "RiskGraded", "RiskEndorsed", "Returned", "RHIOffered", "RHIHeld", "RHISubmitted",
    "RHIReceivedByPolice", "EpisodeClosed",
)  # fmt: skip
"""The main steps, from the report to the end (domain.md 9)."""
NOISE = 0.2
"""What is seldomer than this beside what is usual at its place is left out of the model: an interview that is refused has no `RHIHeld`."""
FITNESS = 0.95
"""What the model must at least explain of the log that it was found in."""


def _path(tree: Any) -> list[tuple[Any, Any]]:
    """Give the nodes above one, each with its branch that leads down to it, from the root on."""
    found = []
    while tree.parent is not None:
        found.append((tree.parent, tree))
        tree = tree.parent
    return found[::-1]


def _leaves(tree: Any) -> dict[str, Any]:
    if not tree.children:
        return {tree.label: tree} if tree.label else {}
    return {label: leaf for child in tree.children for label, leaf in _leaves(child).items()}


def _disordered(tree: Any) -> list[str]:
    """Say which of the main steps a model lacks, or does not hold one after the other."""
    leaves = _leaves(tree)
    faults = [f"the model has no step {step}" for step in STEPS if step not in leaves]
    for first, second in pairwise(step for step in STEPS if step in leaves):
        both = zip(_path(leaves[first]), _path(leaves[second]), strict=False)
        parent, one, other = next((a[0], a[1], b[1]) for a, b in both if a[1] is not b[1])
        order = [id(child) for child in parent.children]
        if parent.operator.name != "SEQUENCE" or order.index(id(one)) > order.index(id(other)):
            faults.append(f"the model does not hold {first} before {second}")
    return faults


def _of_main_steps(log: Any) -> Any:
    return log[(log["lifecycle:transition"] == "complete") & log["concept:name"].isin(STEPS)]


def _flat(ocel: Any) -> Any:
    """Give a log of the episodes alone, with the names that a log of XES has."""
    return pm4py.ocel_flattening(ocel, PROCEDURE).rename(columns={"lifecycle": "lifecycle:transition"})


def main(folder: Path) -> list[str]:
    """Print what is found in `log.xes` and `log.jsonocel` of a folder; give the faults, one sentence each."""
    text = (folder / "log.jsonocel").read_text(encoding="utf-8")
    schema = json.loads((Path(__file__).parent / "ocel.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    faults = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(text))]
    xes, ocel = pm4py.read_xes(str(folder / "log.xes")), pm4py.read_ocel2_json(str(folder / "log.jsonocel"))
    if len(xes) != len(ocel.events):
        faults.append(f"the log of XES has {len(xes)} events, the one of OCEL {len(ocel.events)}")
    episodes = xes[xes["case:homeward:procedure"] == PROCEDURE]
    print(f"{xes['case:concept:name'].nunique()} cases, {len(xes)} events, {len(ocel.objects)} objects")
    for kind, log in (("XES", episodes), ("OCEL", _flat(ocel))):
        main_steps = _of_main_steps(log)
        tree = pm4py.discover_process_tree_inductive(main_steps, noise_threshold=NOISE)
        told = pm4py.fitness_token_based_replay(main_steps, *pm4py.convert_to_petri_net(tree))
        print(f"{kind}: {main_steps['case:concept:name'].nunique()} episodes, {len(log)} events; model: {tree}")
        print(
            f"{kind}: fitness {told['log_fitness']:.3f}, {told['percentage_of_fitting_traces']:.0f} % of the episodes wholly"
        )
        faults += [f"{kind}: {fault}" for fault in _disordered(tree)]
        if told["log_fitness"] < FITNESS:
            faults.append(f"{kind}: the model explains less than {FITNESS} of its log")
    return faults


if __name__ == "__main__":
    found = main(Path(sys.argv[1]))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))

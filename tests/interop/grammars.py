"""Reads an exported log against what its standard says: XES (IEEE 1849) by a grammar, OCEL 2.0 by a schema; both are beside this file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

HERE = Path(__file__).resolve().parent
KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}
SAID = frozenset({"$ref", "type", "required", "properties", "additionalProperties", "items", "enum", "pattern"})
"""The words of JSON Schema that are read; one that is not would be passed over in silence."""


def xes_faults(text: str) -> list[str]:
    """Say what in a log of XES is not as the standard lays it out."""
    grammar = etree.RelaxNG(etree.parse(HERE / "xes.rng"))
    grammar.validate(etree.fromstring(text.encode()))
    return [f"line {fault.line}: {fault.message}" for fault in grammar.error_log]


def ocel_faults(log: Any) -> list[str]:
    """Say what in a log of OCEL 2.0 its schema does not allow; what the shape cannot say (identities, references) is asked elsewhere."""
    schema = json.loads((HERE / "ocel.schema.json").read_text(encoding="utf-8"))
    whole = {name: rule for name, rule in schema.items() if name in SAID}
    return list(_faults(log, whole, schema["$defs"], "log"))


def _faults(value: Any, rule: dict[str, Any], named: dict[str, Any], where: str) -> Iterator[str]:
    if "$ref" in rule:
        rule = named[rule["$ref"].removeprefix("#/$defs/")]
    if unread := set(rule) - SAID:
        raise ValueError(f"{where}: the words {sorted(unread)} of a schema are not read")
    kinds = [rule["type"]] if isinstance(rule.get("type"), str) else rule.get("type", ())
    if kinds and not any(isinstance(value, KINDS[kind]) for kind in kinds):
        yield f"{where} is none of {kinds}: {value!r}"
        return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{where} is none of {rule['enum']}: {value!r}"
    if "pattern" in rule and not re.search(rule["pattern"], value):
        yield f"{where} is not like {rule['pattern']}: {value!r}"
    yield from _inside(value, rule, named, where)


def _inside(value: Any, rule: dict[str, Any], named: dict[str, Any], where: str) -> Iterator[str]:
    yield from (f"{where} has no {name}" for name in rule.get("required", ()) if name not in value)
    for name, each in value.items() if isinstance(value, dict) else ():
        if name in rule["properties"]:
            yield from _faults(each, rule["properties"][name], named, f"{where}.{name}")
        else:
            yield f"{where} has {name}, of which the standard says nothing"
    for number, each in enumerate(value) if isinstance(value, list) else ():
        yield from _faults(each, rule["items"], named, f"{where}[{number}]")

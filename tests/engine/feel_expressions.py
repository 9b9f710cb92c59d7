"""Makes expressions of every kind from a seed, with values that every implementation of FEEL has."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

CONTEXT: dict[str, Any] = {
    "a": 3,
    "b": 0.5,
    "n": None,
    "s": "missing child",
    "t": "found",
    "yes": True,
    "no": False,
    "numbers": [4, 1, 3, 1],
    "words": ["b", "a", "c"],
    "mixed": [1, "a", None],
    "child": {"age": 14, "name": "Ada", "seen": [{"place": "park", "n": 1}, {"place": "home", "n": 2}]},
    "full name": "Ada L",
}

LETTERS = ('"i"', '"d"', '"zz"', '"-"', '""')
PATTERNS = ('"[aeiou]"', '"s+"', '"(i)(n)"', '"d$"', '"^[a-z]+$"', '"i.g"', '"FOUND"', '"[^a-z ]"', '" "')
LENGTHS = ('@"P1D"', '@"P1M"', '@"-P1Y"', 'duration("P10D")')


class Maker:
    """Makes expressions that mean something: each method gives the text of one that has its kind, or now and then null."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a test, and the same every time
        self.depth = 0

    def one(self, *kinds: Callable[[], str]) -> str:
        """Make one of several; deep inside only the first, which are leaves."""
        self.depth += 1
        made = (self.chance.choice(kinds[:2]) if self.depth > 4 else self.chance.choice(kinds))()
        self.depth -= 1
        return made

    def pick(self, *texts: str) -> str:
        return self.chance.choice(texts)

    def number(self) -> str:
        number, numbers = self.number, self.numbers
        return self.one(
            lambda: self.pick("0", "1", "2", "7", "-3", "2.5", "0.25", "100"),
            lambda: self.pick("a", "b", "child.age", "numbers[1]", "numbers[-1]", "count(numbers)"),
            lambda: f"({number()} {self.pick('+', '-', '*')} {number()})",
            lambda: f"({number()} / {self.pick('2', '4', '-8')})",
            lambda: f"{self.pick('abs', 'floor', 'ceiling')}({number()})",
            lambda: f"{self.pick('min', 'max', 'sum')}(append({numbers()}, 1))",
            lambda: f"decimal({number()}, {self.pick('0', '1')})",
            lambda: f"modulo({number()}, {self.pick('2', '3', '-5')})",
            lambda: f"string length({self.text()})",
            lambda: f"(if {self.truth()} then {number()} else {number()})",
            lambda: f"count({self.pick(numbers(), self.words())})",
            lambda: f"{{x: {number()}, y: x + 1}}.y",
            lambda: f"(function(x, y) x - y)({number()}, {number()})",
            lambda: f"-{number()}".replace("--", "- -"),
            lambda: f"append({numbers()}, 2)[{self.pick('1', '-1')}]",
            lambda: "number({})".format(self.pick('"12"', '"1.5"', '"-4"')),
            lambda: f"{self.day()}.{self.pick('year', 'month', 'day', 'weekday')}",
        )

    def text(self) -> str:
        text = self.text
        return self.one(
            lambda: self.pick('"a"', '"found"', '""', '"Ünïcode é"', '"two words"'),
            lambda: self.pick("s", "t", "child.name", "full name", "words[2]", "child.seen[1].place"),
            lambda: f"({text()} + {text()})",
            lambda: f"{self.pick('upper case', 'lower case')}({text()})",
            lambda: f'substring("ab" + {text()}, {self.pick("1", "2", "-1")})',
            lambda: f'substring("x" + {text()}, 1, 2)',
            lambda: f"substring {self.pick('before', 'after')}({text()}, {self.pick(*LETTERS)})",
            lambda: f"string({self.pick(self.whole(), self.truth())})",
            lambda: f"string join({self.words()}, {self.pick(*LETTERS)})",
            lambda: f"replace({text()}, {self.pick(*PATTERNS)}, {self.pick(*LETTERS)})",
            lambda: f"(if {self.truth()} then {text()} else {text()})",
            lambda: f"string({self.pick(self.day(), self.duration())})",
            lambda: f"day of week({self.day()})",
        )

    def whole(self) -> str:
        return self.pick("1", "a", "count(words)", "string length(s)", "sum(numbers)", "floor(b)")

    def truth(self) -> str:
        truth, number, text = self.truth, self.number, self.text
        return self.one(
            lambda: self.pick("true", "false", "yes", "no"),
            lambda: self.pick("a > 1", 't = "found"', "n = null", "child.age >= 16"),
            lambda: f"({number()} {self.pick('=', '!=', '<', '<=', '>', '>=')} {number()})",
            lambda: f"({text()} {self.pick('=', '!=', '<', '>')} {text()})",
            lambda: f"({truth()} {self.pick('and', 'or')} {truth()})",
            lambda: f"not({truth()})",
            lambda: f"({number()} between {self.pick('-9', '0')} and {self.pick('3', '20')})",
            lambda: f"({number()} in {self.range()})",
            lambda: f"({number()} in ({number()}, {number()}, > {number()}))",
            lambda: f"{self.pick('contains', 'starts with', 'ends with')}({text()}, {text()})",
            lambda: f"matches({text()}, {self.pick(*PATTERNS)})",
            lambda: f"list contains({self.numbers()}, {number()})",
            lambda: (
                f"({self.pick('some', 'every')} x in {self.numbers()} satisfies x {self.pick('>', '<=')} {number()})"
            ),
            lambda: f"({self.day()} {self.pick('<', '=', '>=')} {self.day()})",
            lambda: f"({self.duration()} = {self.duration()})",
            lambda: f"(n {self.pick('and', 'or')} {truth()})",
            lambda: (
                f"(({self.pick(number(), text(), self.numbers())}) instance of {self.pick('number', 'string', 'list<number>')})"
            ),
            lambda: f"([{number()}, {number()}] = [{number()}, {number()}])",
            lambda: f"{self.pick('all', 'any')}([{truth()}, {truth()}])",
            lambda: f"before({number()}, {self.range()})",
        )

    def range(self) -> str:
        low = self.pick("0", "1", "2")
        high = self.pick("3", "7", "14")
        return f"{self.pick('[', '(')}{low}..{high}{self.pick(']', ')')}"

    def numbers(self) -> str:
        number, numbers = self.number, self.numbers
        return self.one(
            lambda: "numbers",
            lambda: self.pick("[1, 2, 3]", "[5]", "child.seen.n", "(for x in 1..3 return x)"),
            lambda: f"[{number()}, {number()}]",
            lambda: f"(for x in {numbers()} return x {self.pick('+', '*')} 2)",
            lambda: f"(for x in 1..3, y in {numbers()} return x * y)",
            lambda: f"(for x in {self.pick('3..1', '1..4')} return x + count(partial))",
            lambda: f"{numbers()}[item {self.pick('>', '<=', '!=')} {number()}]",
            lambda: f"append({numbers()}, {number()})",
            lambda: f"concatenate({numbers()}, {numbers()})",
            lambda: f"{self.pick('reverse', 'distinct values', 'flatten')}({numbers()})",
            lambda: f"sort({numbers()}, function(x, y) x {self.pick('<', '>')} y)",
            lambda: f"sublist(append({numbers()}, 1), {self.pick('1', '-1')}, 1)",
            lambda: f"remove(append({numbers()}, 1), 1)",
            lambda: f"insert before(append({numbers()}, 1), 1, {number()})",
            lambda: f"index of({numbers()}, {self.pick('1', '3')})",
            lambda: f"union({numbers()}, {numbers()})",
        )

    def words(self) -> str:
        return self.one(
            lambda: "words",
            lambda: self.pick('["x"]', "child.seen.place", 'split("a;b", ";")'),
            lambda: f"[{self.text()}, {self.text()}]",
            lambda: "child.seen[{}].place".format(self.pick("n > 1", 'place = "park"', "n = a - 1")),
            lambda: f"(for w in {self.words()} return upper case(w))",
            lambda: f"split({self.text()}, {self.pick(*LETTERS[:4], *PATTERNS[:2])})",
            lambda: f"(for e in get entries({self.context()}) return e.key)",
        )

    def context(self) -> str:
        return self.one(
            lambda: "child.seen[1]",
            lambda: self.pick("{}", "{one word: 1, x: one word + 1}"),
            lambda: f"{{k: {self.number()}, l: {self.text()}}}",
            lambda: f'context put({self.context()}, "z", {self.number()})',
            lambda: f"context merge([{self.context()}, {self.context()}])",
            lambda: f'context([{{key: "p", value: {self.truth()}}}])',
        )

    def day(self) -> str:
        return self.one(
            lambda: self.pick('@"2026-01-31"', '@"2024-02-29"', '@"1999-12-31"'),
            lambda: self.pick('date("2026-07-01")', "date(2026, 3, 29)"),
            lambda: f"({self.day()} + {self.pick(*LENGTHS)})",
            lambda: f"(if {self.truth()} then {self.day()} else {self.day()})",
        )

    def duration(self) -> str:
        return self.one(
            lambda: self.pick('@"P1D"', '@"PT36H"', 'duration("PT90M")'),
            lambda: self.pick('@"P2DT3H"', '@"-PT1H"', '@"PT1H30M"'),
            lambda: f"({self.duration()} + {self.duration()})",
            lambda: f"({self.day()} - {self.day()})",
        )

    def any(self) -> str:
        """Make an expression of any kind that can be told as JSON."""
        return self.chance.choice((self.number, self.text, self.truth, self.numbers, self.words, self.context))()

"""Reads FEEL text into a tree, or says where it is wrong and what was expected.

The grammar is that of DMN 1.5, 10.3.1.2. Names may have several words. Words that stand side by side are one name, for
nothing else could be meant (`Full Name`). A name that holds a sign or a reserved word (`pick-up time`, `date and place`)
must be known: the text itself introduces it, as the key of a context, an item or a parameter, or the caller says that the
scope has it. Of the known names the longest that fits is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NoReturn

from engine.feel import lexer, syntax
from engine.feel.budget import FeelSyntaxError
from engine.feel.lexer import Token
from engine.feel.syntax import Iterator, Node, TypeName

NESTED_AT_MOST = 40
"""Brackets, conditions and loops inside each other."""
LEVELS_AT_MOST = 120
"""Levels of the tree, a chain of operators counted: ``a + b + c`` has three."""
RETURNS_AT_MOST = 16
"""How often the parser may read a part a second time."""

RESERVED = frozenset({
    "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "between", "and", "or", "instance",
    "function", "true", "false", "null",
})  # fmt: skip
COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 3}
_CONSTANTS = {"true": True, "false": False, "null": None}
_SIGNS_OF_NAMES = frozenset({".", "/", "-", "+", "*", "**"})
TYPES_OF_WORDS = ("date and time", "days and time duration", "years and months duration")


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    """Cut a name as the text is cut; what cannot be cut is never read."""
    try:
        return tuple(token.text for token in lexer.tokens(name)[:-1])
    except FeelSyntaxError:
        return ()


def _joined(words: Sequence[Token]) -> str:
    """Write a name with one space wherever the text has any."""
    spaces = ["", *(" " if before.end < after.at else "" for before, after in pairwise(words))]
    return "".join(space + word.text for space, word in zip(spaces, words, strict=True))


class Parser:
    """Reads one text; `phrases` are the language's own names of several words, `names` those that the scope has."""

    def __init__(self, text: str, phrases: frozenset[str], names: Iterable[str] = ()) -> None:
        self.text = text
        self.tokens = lexer.tokens(text)
        self.next = 0
        self.nested = 0
        self.returns = 0
        self.ends_range = False
        self.phrases = phrases
        self.known: frozenset[tuple[str, ...]] = frozenset()
        self.lengths: dict[str, tuple[int, ...]] = {}
        for name in names:
            self.introduce(name)

    # --------------------------------------------------------------------------------------- tokens

    @property
    def token(self) -> Token:
        """The token that is looked at."""
        return self.tokens[self.next]

    def fail(self, expected: str, token: Token | None = None) -> NoReturn:
        """Refuse the text at a token."""
        at = token or self.token
        raise FeelSyntaxError(self.text, at.at, f"Expected {expected}, found {at}.")

    def sees(self, *texts: str) -> bool:
        """Say whether the token is one of these signs or words."""
        return self.token.text in texts and self.token.kind in {"symbol", "name"}

    def take(self, *texts: str) -> Token | None:
        """Step over the token if it is one of these."""
        token = self.token
        if not self.sees(*texts):
            return None
        self.next += 1
        return token

    def need(self, text: str, what: str = "") -> Token:
        """Step over a token that must be there."""
        return self.take(text) or self.fail(what or f"'{text}'")

    def word(self, what: str) -> str:
        """Read a name of one word that is not reserved."""
        token = self.token
        if token.kind != "name" or token.text in RESERVED:
            self.fail(what)
        self.next += 1
        return token.text

    def introduce(self, name: str) -> None:
        """Let a name of several words or signs be read from here on."""
        words = _words(name)
        if len(words) < 2 or words in self.known:
            return
        self.known |= {words}
        lengths = self.lengths.get(words[0], ())
        if len(words) not in lengths:
            self.lengths[words[0]] = tuple(sorted((*lengths, len(words)), reverse=True))

    def known_name(self) -> str | None:
        """Read the longest of the names that were introduced, if one begins here."""
        for length in self.lengths.get(self.token.text, ()):
            here = self.tokens[self.next : self.next + length]
            if tuple(token.text for token in here) in self.known:
                self.next += length
                return _joined(here)
        return None

    def name(self, what: str) -> str:
        """Read a name: one that is known, or all the words that stand side by side."""
        known = self.known_name()
        if known is not None:
            return known
        return " ".join([self.word(what), *self.more_words()])

    def more_words(self) -> list[str]:
        """Read the words that follow and are not reserved."""
        start = self.next
        while self.token.kind == "name" and self.token.text not in RESERVED:
            self.next += 1
        return [token.text for token in self.tokens[start : self.next]]

    def phrase(self, known: frozenset[str] | tuple[str, ...]) -> str | None:
        """Read the longest of the known names of several words that begins here."""
        words: list[str] = []
        best = 0
        for token in self.tokens[self.next : self.next + 5]:
            if token.kind != "name":
                break
            words.append(token.text)
            if " ".join(words) in known:
                best = len(words)
        if best < 2:
            return None
        self.next += best
        return " ".join(words[:best])

    def key(self) -> str | None:
        """Read the words before a colon, as of a named argument; step over nothing if there is no colon."""
        if self.token.kind != "name":
            return None
        at = self.next
        while self.tokens[at].kind in {"name", "number"} or self.tokens[at].text in _SIGNS_OF_NAMES:
            at += 1
        if self.tokens[at].text != ":" or self.tokens[at].kind != "symbol":
            return None
        words = self.tokens[self.next : at]
        self.next = at + 1
        return _joined(words)

    # --------------------------------------------------------------------------------------- whole texts

    def whole(self, read: Callable[[], Node]) -> Node:
        """Read the whole text by `read` and check that nothing is left and nothing is too deep."""
        if self.token.kind == "end":
            self.fail("an expression")
        node = read()
        if self.token.kind != "end":
            self.fail("an operator or the end of the expression")
        deep = syntax.deepest(node, LEVELS_AT_MOST)
        if deep is not None:
            raise FeelSyntaxError(
                self.text, deep.at, f"The expression is nested more than {LEVELS_AT_MOST} levels deep."
            )
        return node

    def cell(self) -> Node:
        """Read the unary tests of a decision table's cell."""
        at = self.token.at
        if self.sees("-") and self.tokens[self.next + 1].kind == "end":
            self.next += 1
            return syntax.Tests(at, (), negated=False)
        if self.sees("not") and self.tokens[self.next + 1].text == "(":
            start = self.next
            self.next += 2
            tests = self.tests()
            self.need(")", "')' after the tests of not(...)")
            if self.token.kind == "end":
                return syntax.Tests(at, tests, negated=True)
            self.next = start
        return syntax.Tests(at, self.tests(), negated=False)

    def tests(self) -> tuple[Node, ...]:
        """Read tests between commas."""
        found = [self.test()]
        while self.take(","):
            found.append(self.test())
        return tuple(found)

    def test(self) -> Node:
        """Read one test: ``>= 3``, a range, a value or a condition."""
        token = self.token
        if token.kind == "symbol" and token.text in COMPARISONS:
            self.next += 1
            return syntax.Test(token.at, token.text, self.inside(lambda: self.binary(1)))
        return self.expression()

    # --------------------------------------------------------------------------------------- expressions

    def expression(self) -> Node:
        """Read an expression of any kind."""
        return self.inside(self.disjunction)

    def inside(self, read: Callable[[], Node]) -> Node:
        """Read one level deeper; every way in which the grammar holds itself passes here."""
        if self.nested >= NESTED_AT_MOST:
            sentence = f"More than {NESTED_AT_MOST} brackets, conditions or loops are nested in each other."
            raise FeelSyntaxError(self.text, self.token.at, sentence)
        self.nested += 1
        outer, self.ends_range = self.ends_range, False
        node = read()
        self.ends_range = outer
        self.nested -= 1
        return node

    def disjunction(self) -> Node:
        """Read ``a or b``."""
        return self.logic("or", lambda: self.logic("and", self.comparison))

    def logic(self, operator: str, read: Callable[[], Node]) -> Node:
        """Read parts that are joined by one of the two words."""
        first = read()
        if not self.sees(operator):
            return first
        parts = [first]
        while self.take(operator):
            parts.append(read())
        return syntax.Logic(first.at, operator, tuple(parts))

    def comparison(self) -> Node:
        """Read a sum and what it is compared with."""
        left = self.binary(1)
        while True:
            token = self.token
            if token.kind == "symbol" and token.text in COMPARISONS:
                self.next += 1
                left = syntax.Compare(token.at, token.text, left, self.binary(1))
            elif self.take("between"):
                low = self.binary(1)
                self.need("and", "'and' between the two bounds")
                left = syntax.Between(token.at, left, low, self.binary(1))
            elif self.take("in"):
                left = syntax.In(token.at, left, self.membership())
            elif self.take("instance"):
                self.need("of", "'of' after 'instance'")
                left = syntax.InstanceOf(token.at, left, self.type())
            else:
                return left

    def membership(self) -> tuple[Node, ...]:
        """Read what stands after ``in``: one test, or several in round brackets."""
        start = self.next
        if token := self.take("("):
            tests = self.tests()
            if self.sees(".."):
                return (self.range(token, tests[0], included=False),)
            if self.take(")") and not self.sees(".", "[", "+", "-", "*", "/", "**"):
                return tests
            self.go_back(start)
        token = self.token
        if token.kind == "symbol" and token.text in COMPARISONS:
            return (self.test(),)
        return (self.binary(1),)

    def go_back(self, start: int) -> None:
        """Read again from an earlier token: rarely needed, and limited because it could double at every bracket."""
        self.returns += 1
        if self.returns > RETURNS_AT_MOST:
            self.fail("a simpler expression after 'in'")
        self.next = start

    def binary(self, binding: int) -> Node:
        """Read operators that bind at least as tightly as `binding`; all of them group to the left."""
        left = self.unary()
        while self.token.kind == "symbol":
            token = self.token
            tight = _BINDING.get(token.text, 0)
            if tight < binding:
                break
            self.next += 1
            left = syntax.Binary(token.at, token.text, left, self.binary(tight + 1))
        return left

    def unary(self) -> Node:
        """Read a value with the minus signs before it, which bind tightest."""
        signs: list[Token] = []
        while token := self.take("-"):
            signs.append(token)
        node = self.postfix()
        for sign in reversed(signs):
            node = syntax.Negate(sign.at, node)
        return node

    def postfix(self) -> Node:
        """Read a value with the parts, filters and arguments after it."""
        node = self.primary()
        while self.token.kind == "symbol":
            token = self.token
            if self.take("."):
                node = syntax.Path(token.at, node, self.part())
            elif self.sees("[") and not (self.ends_range and self.closes()):
                self.next += 1
                predicate = self.expression()
                self.need("]", "']' after the filter")
                node = syntax.Filter(token.at, node, predicate)
            elif self.sees("("):
                node = self.call(node)
            else:
                break
        return node

    def closes(self) -> bool:
        """Say whether the ``[`` that is looked at closes a range, as in ``]1..2[``, and does not open a filter."""
        after = self.tokens[self.next + 1]
        return after.kind in {"symbol", "end"} or after.text in RESERVED

    def part(self) -> str:
        """Read the name after a dot."""
        if self.token.kind != "name":
            self.fail("a name after '.'")
        known = self.known_name()
        if known is not None:
            return known
        self.next += 1
        return " ".join([self.tokens[self.next - 1].text, *self.more_words()])

    def call(self, function: Node) -> Node:
        """Read the arguments of a function, all by position or all by name."""
        at = self.need("(").at
        names: list[str] = []
        arguments: list[Node] = []
        if not self.take(")"):
            while True:
                key = self.key()
                if (key is None) == bool(names) and arguments:
                    self.fail("arguments that are all named or all unnamed")
                if key is not None:
                    names.append(key)
                arguments.append(self.expression())
                if not self.take(","):
                    break
            self.need(")", "',' or ')' after the argument")
        return syntax.Call(at, function, tuple(arguments), tuple(names))

    # --------------------------------------------------------------------------------------- values

    def primary(self) -> Node:
        """Read a literal, a name, or anything in brackets."""
        token = self.token
        if token.kind == "number":
            self.next += 1
            return syntax.Literal(token.at, self.number(token))
        if token.kind == "string":
            self.next += 1
            return syntax.Literal(token.at, lexer.string(token.text))
        if token.kind == "name":
            return self.named(token)
        brackets = {"(": self.round, "[": self.square, "]": self.reversed, "{": self.context, "@": self.at_literal}
        read = brackets.get(token.text) if token.kind == "symbol" else None
        if read is None:
            self.fail("a value")
        self.next += 1
        return read(token)

    def number(self, token: Token) -> object:
        """Read a number that fits 34 digits and the exponents of decimal128."""
        try:
            return lexer.number(token.text)
        except ArithmeticError:
            raise FeelSyntaxError(self.text, token.at, f"The number {token.text} is too large.") from None

    def named(self, token: Token) -> Node:
        """Read a word: a constant, a construct or a name."""
        constructs = {
            "if": self.condition,
            "for": self.loop,
            "some": self.quantified,
            "every": self.quantified,
            "function": self.function,
        }
        known = self.known_name()
        if known is not None:
            return syntax.Name(token.at, known)
        if token.text in _CONSTANTS:
            self.next += 1
            return syntax.Literal(token.at, _CONSTANTS[token.text])
        if token.text in constructs:
            self.next += 1
            return constructs[token.text](token)
        start = self.next
        phrase = self.phrase(self.phrases)
        if phrase is not None and self.sees("("):
            return syntax.Name(token.at, phrase)
        self.next = start
        return syntax.Name(token.at, self.name("a value"))

    def at_literal(self, token: Token) -> Node:
        """Read the text after ``@``."""
        text = self.token
        if text.kind != "string":
            self.fail("a text such as \"2026-01-31\" after '@'")
        self.next += 1
        return syntax.AtLiteral(token.at, lexer.string(text.text))

    def round(self, token: Token) -> Node:
        """Read ``(expression)``, ``(low..high]`` or ``(< 10)``."""
        node = self.test()
        if self.sees(".."):
            return self.range(token, node, included=False)
        self.need(")", "')'")
        return node

    def square(self, token: Token) -> Node:
        """Read ``[a, b]`` or ``[low..high]``."""
        if self.take("]"):
            return syntax.ListNode(token.at, ())
        first = self.test()
        if self.sees(".."):
            return self.range(token, first, included=True)
        items = [first]
        while self.take(","):
            items.append(self.test())
        self.need("]", "',' or ']' in the list")
        return syntax.ListNode(token.at, tuple(items))

    def reversed(self, token: Token) -> Node:
        """Read ``]low..high[``, the other way to write a range without its ends."""
        return self.inside(lambda: self.range(token, self.binary(1), included=False))

    def range(self, token: Token, low: Node, *, included: bool) -> Node:
        """Read the rest of a range from its two dots."""
        self.need("..", "'..' in the range")
        outer, self.ends_range = self.ends_range, True
        high = self.binary(1)
        self.ends_range = outer
        end = self.take("]", ")", "[")
        if end is None:
            self.fail("']' or ')' at the end of the range")
        return syntax.RangeNode(token.at, low, included, high, end.text == "]")

    def context(self, token: Token) -> Node:
        """Read ``{key: value}``."""
        keys: list[str] = []
        values: list[Node] = []
        outside = self.known
        while not self.sees("}"):
            at = self.token
            keys.append(self.context_key())
            if keys[-1] in keys[:-1]:
                raise FeelSyntaxError(self.text, at.at, f"The key '{keys[-1]}' stands twice in one context.")
            values.append(self.expression())
            self.introduce(keys[-1])
            if not self.take(","):
                break
        self.need("}", "',' or '}' in the context")
        self.known = outside
        return syntax.ContextNode(token.at, tuple(keys), tuple(values))

    def context_key(self) -> str:
        """Read a key, in quotation marks or not, and its colon."""
        token = self.token
        if token.kind == "string":
            self.next += 1
            self.need(":", "':' after the key")
            return lexer.string(token.text)
        key = self.key()
        return key if key is not None else self.fail("a key and ':'")

    # --------------------------------------------------------------------------------------- constructs

    def condition(self, token: Token) -> Node:
        """Read ``if ... then ... else ...``."""
        test = self.expression()
        self.need("then")
        yes = self.expression()
        self.need("else")
        return syntax.If(token.at, test, yes, self.expression())

    def iterators(self) -> tuple[Iterator, ...]:
        """Read ``x in list, y in 1..3``."""
        found: list[Iterator] = []
        while True:
            at = self.token.at
            name = self.item_name()
            source = self.expression()
            end = self.expression() if self.take("..") else None
            self.introduce(name)
            found.append(Iterator(at, name, source, end))
            if not self.take(","):
                return tuple(found)

    def item_name(self) -> str:
        """Read the words before ``in``."""
        start = self.next
        while (self.token.kind in {"name", "number"} and not self.sees("in")) or self.token.text in _SIGNS_OF_NAMES:
            self.next += 1
        words = self.tokens[start : self.next]
        if not words or words[0].kind != "name" or words[0].text in RESERVED:
            self.fail("a name for the item", self.tokens[start])
        self.need("in", "'in' after the name of the item")
        return _joined(words)

    def loop(self, token: Token) -> Node:
        """Read ``for ... return ...``."""
        outside = self.known
        iterators = self.iterators()
        self.need("return")
        body = self.expression()
        self.known = outside
        return syntax.For(token.at, iterators, body)

    def quantified(self, token: Token) -> Node:
        """Read ``some ... satisfies ...``."""
        outside = self.known
        iterators = self.iterators()
        self.need("satisfies")
        condition = self.expression()
        self.known = outside
        return syntax.Quantified(token.at, token.text == "every", iterators, condition)

    def function(self, token: Token) -> Node:
        """Read ``function(a, b: number) body``."""
        self.need("(")
        names: list[str] = []
        outside = self.known
        if not self.take(")"):
            while True:
                names.append(self.parameter())
                self.introduce(names[-1])
                if not self.take(","):
                    break
            self.need(")", "',' or ')' after the parameter")
        if self.sees("external"):
            self.fail("a body in FEEL: functions of other languages are never run")
        body = self.expression()
        self.known = outside
        return syntax.FunctionNode(token.at, tuple(names), body)

    def parameter(self) -> str:
        """Read the name of a parameter, with its type if it has one."""
        key = self.key()
        if key is None:
            return self.name("the name of a parameter")
        self.type()
        return key

    # --------------------------------------------------------------------------------------- types

    def type(self) -> TypeName:
        """Read a type such as ``list<number>``, ``context<a: string>`` or ``function<number>->number``."""
        self.nested += 1
        if self.nested > NESTED_AT_MOST:
            raise FeelSyntaxError(self.text, self.token.at, "The type is nested too deeply.")
        name = self.phrase(TYPES_OF_WORDS)
        if name is None:
            name = self.token.text if self.token.text in {"function", "null"} else self.word("a type")
            self.next += name in {"function", "null"}
        keys: list[str] = []
        arguments: list[TypeName] = []
        if self.take("<"):
            while not self.sees(">"):
                key = self.key() if name == "context" else None
                keys.extend([key] if key is not None else [])
                arguments.append(self.type())
                if not self.take(","):
                    break
            self.need(">", "'>' after the type")
        if name == "function" and self.take("->"):
            arguments.append(self.type())
        self.nested -= 1
        return TypeName(name, tuple(arguments), tuple(keys))

"""Block-structured procedures, which `tests.random_blocks` makes up at random: draws them, and says in plain Python how each of them must run.

A block knows two things: how it is drawn (`draw`, in the notation of `tests.drawn`) and what it means (`run`, on a `World`
that holds only open tasks, clocks and awaited messages). The meaning is written without tokens, from the standard's words, so
that the engine can be held against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from tests.drawn import form, procedure

Then = Callable[[], None]
Path = tuple[str, ...]
ITEMS = ("a", "b", "c")


@dataclass(eq=False)
class Frame:
    """What is over together: an activity that may be interrupted, or a process with its tokens."""

    outer: Frame | None
    tokens: int = 1
    over: bool = False
    then: Then | None = None
    catches: dict[str, Then] = field(default_factory=dict)

    def throw(self, code: str) -> None:
        """Something is thrown here: the innermost that catches it does."""
        if code in self.catches:
            self.catches[code]()
        elif self.outer is not None:
            self.outer.throw(code)

    def lives(self) -> bool:
        """Whether neither this nor anything around it is over."""
        return not self.over and (self.outer is None or self.outer.lives())

    def end_token(self) -> None:
        """One token of the process has come to an end event."""
        self.tokens -= 1
        if not self.tokens:
            self.finish()

    def finish(self) -> None:
        """The process is over, and what called it goes on."""
        if not self.over:
            self.over = True
            if self.then is not None:
                self.then()


@dataclass(eq=False)
class Waiting:
    """A task, a clock (`at` seconds) or an awaited message, alive as long as its frame is."""

    element: str
    path: Path
    frame: Frame
    happen: Callable[[str], None]
    at: int | None = None
    message: bool = False


@dataclass
class World:
    """Everything that waits in a case, in the order in which it began; `now` in seconds since the case was opened."""

    now: int = 0
    waiting: list[Waiting] = field(default_factory=list)
    root: Frame = field(default_factory=lambda: Frame(None))

    def add(self, frame: Frame, element: str, path: Path, happen: Callable[[str], None], **more: object) -> None:
        """Let something wait."""
        self.waiting.append(Waiting(element, path, frame, happen, **more))  # type: ignore[arg-type]

    def alive(self) -> list[Waiting]:
        """What still waits."""
        self.waiting = [each for each in self.waiting if each.frame.lives()]
        return self.waiting

    def tasks(self) -> list[Waiting]:
        """The open tasks."""
        return [each for each in self.alive() if each.at is None and not each.message]

    def messages(self) -> list[Waiting]:
        """The awaited messages."""
        return [each for each in self.alive() if each.message]

    def next_clock(self) -> int | None:
        """When the next clock goes off."""
        return min((each.at for each in self.alive() if each.at is not None), default=None)

    def happens(self, waiting: Waiting, answer: str = "") -> None:
        """Something that waited has come."""
        self.waiting.remove(waiting)
        waiting.happen(answer)

    def fire(self) -> None:
        """Let everything go off that is due first."""
        moment = self.next_clock()
        assert moment is not None
        self.now = max(self.now, moment)
        while any(each.at == moment for each in self.alive()):
            self.happens(next(each for each in self.alive() if each.at == moment))


class Pen:
    """Collects the lines of one process, and the texts of the processes that it calls."""

    def __init__(self, others: dict[str, str] | None = None, indent: str = "") -> None:
        self.lines: list[str] = []
        self.others: dict[str, str] = {} if others is None else others
        self.indent = indent

    def __call__(self, line: str) -> None:
        self.lines.append(self.indent + line)

    def scope(self, name: str, body: Block, around: Path, handler: Handler | None = None) -> None:
        """Draw a whole process: start, body, end, and what may begin beside it or in its place."""
        if handler is not None:
            handler.draw(self, around)
        self(f"begun_{name}: start{' form=opening' if name == 'whole' else ''}")
        self(f"ended_{name}: end")
        entry, leaving = body.draw(self, around)
        self(f"begun_{name} > {entry}")
        self(f"{leaving} > ended_{name}")


def said(task: str, around: Path, *answers: str) -> str:
    """Give the condition that a task's answer, for the item at hand, is one of these."""
    record = f"way_{task}"
    key = ' + "." + '.join(around)
    found = f"{record}[key = {key}][1]" if around else record
    return "=" + " or ".join(f'{found}.way = "{answer}"' for answer in answers)


class Block:
    """A part of a diagram with one way in and one way out."""

    def draw(self, pen: Pen, around: Path) -> tuple[str, str]:
        """Draw it; give the first and the last node. `around` names the items of the multi-instances around it."""
        raise NotImplementedError

    def run(self, world: World, frame: Frame, path: Path, then: Then) -> None:
        """Begin it; call `then` when its token comes out."""
        raise NotImplementedError


@dataclass
class Sequence(Block):
    """One after the other."""

    parts: list[Block]

    def draw(self, pen: Pen, around: Path) -> tuple[str, str]:
        drawn = [part.draw(pen, around) for part in self.parts]
        for (_, leaving), (entry, _) in pairwise(drawn):
            pen(f"{leaving} > {entry}")
        return drawn[0][0], drawn[-1][1]

    def run(self, world: World, frame: Frame, path: Path, then: Then) -> None:
        def go(place: int) -> None:
            if place == len(self.parts):
                then()
            else:
                self.parts[place].run(world, frame, path, lambda: go(place + 1))

        go(0)


@dataclass
class Branching(Block):
    """A task that decides, then one (`exclusive`), all (`parallel`) or some (`inclusive`) of two ways.

    With `stops` the first way of an exclusive one ends the whole process instead.
    """

    name: str
    kind: str
    ways: tuple[Block, Block]
    stops: bool = False

    def draw(self, pen: Pen, around: Path) -> tuple[str, str]:
        name = self.name
        pen(f"ask_{name}: user form=answer record=way_ask_{name}")
        pen(f"split_{name}: {self.kind}")
        pen(f"join_{name}: {self.kind}")
        pen(f"ask_{name} > split_{name}")
        conditions = {
            "exclusive": (" : " + said(f"ask_{name}", around, "yes"), " default"),
            "parallel": ("", ""),
            "inclusive": tuple(" : " + said(f"ask_{name}", around, *words) for words in (("yes", "both"), ("both",))),
        }[self.kind]
        for number, (way, condition) in enumerate(zip(self.ways, conditions, strict=True)):
            entry, leaving = way.draw(pen, around)
            pen(f"split_{name} > {entry}{condition}")
            if self.stops and not number:
                pen(f"stopped_{name}: stop")
                pen(f"{leaving} > stopped_{name}")
            else:
                pen(f"{leaving} > join_{name}")
        if self.kind == "inclusive":
            pen(f"neither_{name}: user form=answer")
            pen(f"split_{name} > neither_{name} default")
            pen(f"neither_{name} > join_{name}")
        return f"ask_{name}", f"join_{name}"

    def run(self, world: World, frame: Frame, path: Path, then: Then) -> None:
        world.add(frame, f"ask_{self.name}", path, lambda answer: self.split(world, frame, path, then, answer))

    def split(self, world: World, frame: Frame, path: Path, then: Then, answer: str) -> None:
        """Take the ways that the answer chooses."""
        first, second = self.ways
        if self.kind == "exclusive":
            chosen = [first] if answer == "yes" else [second]
        elif self.kind == "parallel":
            chosen = [first, second]
        else:
            chosen = {"yes": [first], "both": [first, second]}.get(answer, [])
        home = process_of(frame)
        left = [max(len(chosen), 1)]
        home.tokens += left[0] - 1

        def back() -> None:
            left[0] -= 1
            if left[0]:
                home.tokens -= 1
            else:
                then()

        if not chosen:
            world.add(frame, f"neither_{self.name}", path, lambda _: then())
        for way in chosen:
            way.run(world, frame, path, home.finish if self.stops and way is first else back)


def process_of(frame: Frame) -> Frame:
    """Give the process in whose tokens something runs."""
    while frame.then is None and frame.outer is not None:
        frame = frame.outer
    return frame


@dataclass
class Loop(Block):
    """Again, until the task behind it says that it is enough."""

    name: str
    body: Block

    def draw(self, pen: Pen, around: Path) -> tuple[str, str]:
        name = self.name
        pen(f"turn_{name}: exclusive")
        pen(f"ask_{name}: user form=answer record=way_ask_{name}")
        pen(f"enough_{name}: exclusive")
        pen(f"after_{name}: exclusive")
        entry, leaving = self.body.draw(pen, around)
        pen(f"turn_{name} > {entry}")
        pen(f"{leaving} > ask_{name}")
        pen(f"ask_{name} > enough_{name}")
        pen(f"enough_{name} > turn_{name} : {said(f'ask_{name}', around, 'yes')}")
        pen(f"enough_{name} > after_{name} default")
        return f"turn_{name}", f"after_{name}"

    def run(self, world: World, frame: Frame, path: Path, then: Then) -> None:
        def asked(answer: str) -> None:
            if answer == "yes":
                self.run(world, frame, path, then)
            else:
                then()

        self.body.run(world, frame, path, lambda: world.add(frame, f"ask_{self.name}", path, asked))


@dataclass
class Catch(Block):
    """Waits for a time (seconds) or, without one, for a message."""

    name: str
    seconds: int | None

    def draw(self, pen: Pen, around: Path) -> tuple[str, str]:
        pen(f"{self.name}: catch {waits_for(self.name, self.seconds, around)}")
        return self.name, self.name

    def run(self, world: World, frame: Frame, path: Path, then: Then) -> None:
        wait(world, frame, self.name, self.seconds, path, then)


def waits_for(name: str, seconds: int | None, around: Path) -> str:
    """Draw a timer or a message; the items around it are the message's key."""
    key = ' + "." + '.join(around) or '"root"'
    return f"duration=PT{seconds}S" if seconds is not None else f"message=told_{name} key={{={key}}}"


def wait(world: World, frame: Frame, name: str, seconds: int | None, path: Path, then: Then) -> None:
    """Let a timer or a message be waited for."""
    at = None if seconds is None else world.now + seconds
    world.add(frame, name, path, lambda _: then(), at=at, message=seconds is None)


@dataclass
class Side:
    """An event on the border of an activity: `kind` is interrupting, quiet or deadline; `stops` ends the process.

    `thrown` is what it catches, as ``error=lost``; else it waits for a time or a message.
    """

    name: str
    kind: str
    seconds: int | None
    way: Block | None
    stops: bool
    thrown: str = ""

    def draw(self, pen: Pen, host: str, around: Path) -> str:
        """Draw it with what follows; give the last node where that comes back to the activity's way out."""
        if self.kind == "deadline":
            rung = f'{{at: task.opened_at + duration("PT{self.seconds}S"), step: "one", due: true, tell: ["worker"]}}'
            pen(f"{self.name}: boundary on={host} quiet cycle={{=[{rung}]}}")
            pen(f"end_{self.name}: end")
            pen(f"{self.name} > end_{self.name}")
            return ""
        quiet = "quiet " if self.kind == "quiet" else ""
        pen(f"{self.name}: boundary on={host} {quiet}{self.thrown or waits_for(self.name, self.seconds, around)}")
        last = self.name
        if self.way is not None:
            entry, last = self.way.draw(pen, around)
            pen(f"{self.name} > {entry}")
        if self.kind == "quiet" or self.stops:
            pen(f"end_{self.name}: {'stop' if self.stops else 'end'}")
            pen(f"{last} > end_{self.name}")
            return ""
        return last

    def run(self, world: World, frame: Frame, host: Frame, path: Path, then: Then) -> None:
        """Wait as long as the host is there."""
        home = process_of(frame)

        def happened() -> None:
            if self.kind == "deadline":
                return
            following = home.finish if self.stops else home.end_token
            if self.kind == "interrupting":
                host.over = True
                following = home.finish if self.stops else then
            else:
                home.tokens += 1
                if self.seconds is None and not self.thrown:
                    self.run(world, frame, host, path, then)
            if self.way is not None:
                self.way.run(world, frame, path, following)
            else:
                following()

        if self.thrown:
            host.catches[self.thrown] = happened
        else:
            wait(world, host, self.name, self.seconds, path, happened)


@dataclass
class Throw(Block):
    """A person says whether something is thrown: an error ends what is around it, an escalation need not."""

    name: str
    thrown: str

    def draw(self, pen: Pen, around: Path) -> tuple[str, str]:
        name, is_error = self.name, self.thrown.startswith("error")
        pen(f"ask_{name}: user form=answer record=way_ask_{name}")
        pen(f"which_{name}: exclusive")
        pen(f"{name}: {'end' if is_error else 'throw'} {self.thrown}")
        pen(f"after_{name}: exclusive")
        pen(f"ask_{name} > which_{name}")
        pen(f"which_{name} > {name} : {said(f'ask_{name}', around, 'yes')}")
        pen(f"which_{name} > after_{name} default")
        if not is_error:
            pen(f"{name} > after_{name}")
        return f"ask_{name}", f"after_{name}"

    def run(self, world: World, frame: Frame, path: Path, then: Then) -> None:
        def asked(answer: str) -> None:
            if answer == "yes":
                frame.throw(self.thrown)
            if frame.lives():
                then()

        world.add(frame, f"ask_{self.name}", path, asked)


@dataclass
class Race(Block):
    """Waits for two things; what happens first says how it goes on."""

    name: str
    first: tuple[int | None, int | None]
    ways: tuple[Block, Block]

    def draw(self, pen: Pen, around: Path) -> tuple[str, str]:
        name = self.name
        pen(f"which_{name}: race")
        pen(f"after_{name}: exclusive")
        for number, (seconds, way) in enumerate(zip(self.first, self.ways, strict=True)):
            entry, leaving = way.draw(pen, around)
            pen(f"{name}_{number}: catch {waits_for(f'{name}_{number}', seconds, around)}")
            pen(f"which_{name} > {name}_{number}")
            pen(f"{name}_{number} > {entry}")
            pen(f"{leaving} > after_{name}")
        return f"which_{name}", f"after_{name}"

    def run(self, world: World, frame: Frame, path: Path, then: Then) -> None:
        both = Frame(frame)

        def begin(way: Block) -> Then:
            def happened() -> None:
                both.over = True
                way.run(world, frame, path, then)

            return happened

        for number, (seconds, way) in enumerate(zip(self.first, self.ways, strict=True)):
            wait(world, both, f"{self.name}_{number}", seconds, path, begin(way))


@dataclass
class Handler:
    """An event sub-process: beside what runs (`quiet`), or in its place."""

    name: str
    quiet: bool
    seconds: int | None
    body: Block

    def draw(self, pen: Pen, around: Path) -> None:
        """Draw it into its process."""
        name, inside = self.name, Pen(pen.others, "    " + pen.indent)
        inside(f"{name}: start {'quiet ' if self.quiet else ''}{waits_for(name, self.seconds, around)}")
        inside(f"ended_{name}: end")
        entry, leaving = self.body.draw(inside, around)
        inside(f"{name} > {entry}")
        inside(f"{leaving} > ended_{name}")
        pen(f"in_{name}: handler")
        pen.lines.extend(inside.lines)

    def run(self, world: World, home: Frame, running: Frame, path: Path) -> None:
        """Wait as long as anything of the process runs; `running` is what is over when it interrupts."""

        def happened() -> None:
            if self.quiet:
                home.tokens += 1
                if self.seconds is None:
                    self.run(world, home, running, path)
            else:
                running.over, home.tokens = True, 1
            inside = Frame(running if self.quiet else home, then=home.end_token)
            self.body.run(world, inside, path, inside.end_token)

        wait(world, running, self.name, self.seconds, path, happened)


def run_process(world: World, home: Frame, body: Block, handler: Handler | None, path: Path) -> None:
    """Begin a process in its frame."""
    running = Frame(home)
    if handler is not None:
        handler.run(world, home, running, path)
    body.run(world, running, path, home.end_token)


@dataclass
class Activity(Block):
    """A task, an embedded sub-process or a call, for one or for each of some items, with events on its border."""

    name: str
    kind: str
    body: Block | None
    items: tuple[str, ...] | None
    in_turn: bool
    sides: list[Side]
    handler: Handler | None = None

    def draw(self, pen: Pen, around: Path) -> tuple[str, str]:
        name, inner = self.name, around
        loop = ""
        if self.items is not None:
            listed = ", ".join(f'"{item}"' for item in self.items)
            loop = f" each={{[{listed}]}} as=item_{name}{' one_by_one' if self.in_turn else ''}"
            inner = (*around, f"item_{name}")
        record = f" record=way_{name}"
        what = {"user": f"user form=answer{record}", "inside": "inside", "call": f"call calls=called_{name}"}[self.kind]
        pen(f"{name}: {what}{loop}")
        self.draw_body(pen, inner)
        rejoined = [last for side in self.sides if (last := side.draw(pen, name, around))]
        if not rejoined:
            return name, name
        pen(f"after_{name}: exclusive")
        for last in (name, *rejoined):
            pen(f"{last} > after_{name}")
        return name, f"after_{name}"

    def draw_body(self, pen: Pen, around: Path) -> None:
        """Draw what is inside: below the sub-process, or as a process of its own."""
        if self.body is None:
            return
        inside = Pen(pen.others, "    " + pen.indent if self.kind == "inside" else "    ")
        inside.scope(self.name, self.body, around, self.handler)
        if self.kind == "inside":
            pen.lines.extend(inside.lines)
        else:
            pen.others[f"called_{self.name}"] = "\n".join(inside.lines)

    def run(self, world: World, frame: Frame, path: Path, then: Then) -> None:
        host = Frame(frame)

        def done() -> None:
            host.over = True
            then()

        for side in self.sides:
            side.run(world, frame, host, path, then)
        if self.items is None:
            self.one(world, host, path, done)
        else:
            self.several(world, host, path, done)

    def several(self, world: World, host: Frame, path: Path, done: Then) -> None:
        """Begin all instances, or the first of them; each that is over begins the next, and the last is the end."""
        left = list(self.items or ())
        running = [0]

        def begin() -> None:
            running[0] += 1
            self.one(world, host, (*path, left.pop(0)), over)

        def over() -> None:
            running[0] -= 1
            if left:
                begin()
            elif not running[0]:
                done()

        if not left:
            done()
        for _ in range(1 if self.in_turn else len(left)):
            if left:
                begin()

    def one(self, world: World, host: Frame, path: Path, done: Then) -> None:
        """Begin one instance."""
        if self.body is None:
            world.add(host, self.name, path, lambda _: done())
        else:
            inside = Frame(host, then=done)
            run_process(world, inside, self.body, self.handler, path)


@dataclass
class Drawn:
    """A whole procedure and its meaning."""

    body: Block
    handler: Handler | None = None

    def files(self) -> dict[str, str]:
        """Give the files of the procedure."""
        pen = Pen()
        pen.scope("whole", self.body, (), self.handler)
        forms = form("opening", "why"), form("answer", "way")
        return procedure("drawn_case", "\n".join(pen.lines), *forms, **pen.others)

    def begin(self) -> World:
        """Open a case."""
        world = World()
        world.root.then = lambda: None
        run_process(world, world.root, self.body, self.handler, ())
        return world

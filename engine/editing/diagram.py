"""A diagram that is changed step by step: a step reworded, given to another role, put between two others, taken out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from xml.sax.saxutils import escape, quoteattr

from engine import drawing, xml
from engine.editing.places import give_place, hang, join, relocate
from engine.editing.room import Room
from engine.editing.source import Piece, Source
from engine.elements import ZEEBE
from engine.frozen import frozen

_BANDS, _GROUPS = frozenset({"participant", "lane"}), frozenset({"subProcess"})
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LONGEST_STEM = 24
"""The id of a clock is its step's, cut here: it stands in a column of the list of tasks."""
_WAYS = 6
"""So many ways to draw a new task are tried for one that leaves the drawing as easy to read as it was."""


class NotEditable(ValueError):
    """A step cannot be changed so; the message says why in a sentence."""


@frozen
class NewTask:
    """A task of a person that is put into a diagram: `form` is the id of its form, `lane` that of the lane it lies in."""

    id: str
    name: str
    lane: str
    form: str
    guidance: str


@frozen
class NewClock:
    """A clock that is put on a step: its name, what it asks for in words, the moments that it takes from a table (FEEL), and the name of its end."""

    name: str
    asks: str
    moments: str
    told: str


class Diagram:
    """A diagram; `text` is the file with what was changed. Each change is the smallest edit of the text before it."""

    def __init__(self, text: str, name: str) -> None:
        """Read a diagram; refused with `Invalid` where it is no XML."""
        xml.parse(text, name)
        self._settle(text)

    @property
    def text(self) -> str:
        """The file with its changes."""
        return self._source.edited()

    # Reading ----------------------------------------------------------------------------------------------------------

    def lanes(self) -> dict[str, str]:
        """Give the lanes that hold steps and no other lanes: their names by their ids, from the top."""
        lanes = [each for each in self._source.root.walk() if each.name == "lane" and not each.all("childLaneSet")]
        return {each.get("id"): each.get("name") for each in lanes}

    def lane_of(self, step: str) -> str:
        """Give the lane of a step, or of the group that it stands in; "" where there is none."""
        around = self._source.by_id.get(step)
        while around is not None:
            if around.get("id") in self._lanes:
                return self._lanes[around.get("id")]
            around = around.parent
        return ""

    # Changing ---------------------------------------------------------------------------------------------------------

    def reword(self, step: str, name: str) -> None:
        """Give a step another name; its id stays."""
        self._source.set_attribute(self._piece(step), "name", name)

    def guide(self, step: str, guidance: str) -> None:
        """Say anew what is to be done at a step."""
        piece = self._piece(step)
        said = piece.first("documentation")
        if said is not None:
            self._source.set_content(said, guidance)
        elif guidance:
            tag = f"{piece.prefix}documentation"
            self._source.add_inside(piece, f"<{tag}>{escape(guidance)}</{tag}>", first=True)
            self._settle(self.text)

    def ask(self, step: str, form: str) -> None:
        """Let a task ask another form."""
        piece = self._piece(step)
        asked = piece.first("extensionElements", "formDefinition")
        if asked is not None:
            self._source.set_attribute(asked, "formId", form)
        else:
            self._extend(piece, f"<{self._zeebe()}formDefinition formId={quoteattr(form)} />")
            self._settle(self.text)

    def give_to(self, step: str, lane: str) -> None:
        """Put a step into another lane, where it is drawn from now on with the clocks that sit on it."""
        if self.lane_of(step) == lane:
            return
        self._settle(self.text)
        piece, room = self._piece(step), self._room()
        for each in self._source.root.walk():
            if each.name == "flowNodeRef" and self._source.content(each).strip() == step:
                self._source.take_out(each)
        holder = self._source.by_id[lane]
        self._source.add_inside(holder, f"<{holder.prefix}flowNodeRef>{step}</{holder.prefix}flowNodeRef>")
        if piece.parent is not None and piece.parent.name == "process" and step in room.shapes and lane in room.shapes:
            relocate(room, [step, *self._beside(step)], lane)
            room.write()
        self._settle(self.text)

    def insert(self, flow: str, task: NewTask) -> None:
        """Put a task between the two ends of a flow: the flow leads to it, and a new one on to where the flow led."""
        self._settle(self.text)
        arrow = self._piece(flow)
        source, target = self._piece(arrow.get("sourceRef")), self._piece(arrow.get("targetRef"))
        onward = self._free_id(f"{task.id}_to_{target.get('id')}")
        around = self._around(source)
        self._draw(
            _WAYS,
            lambda room, way: give_place(room, flow, onward, (task.id, task.lane), around, way),
            lambda: self._write_task(flow, onward, task),
        )

    def remove(self, step: str) -> None:
        """Take a task out, with the clocks that tell people of it; what led to it leads on to what came after.

        Refused with `NotEditable` where more than one way leads on from it.
        """
        self._settle(self.text)
        piece = self._piece(step)
        onward = self._flows("sourceRef", step)
        beside = self._beside(step)
        events = [each for each in self._source.root.walk() if each.get("attachedToRef") == step]
        if len(onward) != 1 or any(each.get("id") not in beside for each in events):
            raise NotEditable("More than one way leads on from this step: change it in the drawing.")
        if any(each.get("targetRef") == step for each in onward):
            raise NotEditable("This step leads back to itself: change it in the drawing.")
        out, target, room = onward[0], onward[0].get("targetRef"), self._room()
        ways = self._flows("targetRef", step)
        for way in ways:
            self._source.set_attribute(way, "targetRef", target)
        self._relist(self._piece(target), out.get("id"), [each.get("id") for each in ways])
        gone = {step, *beside}
        loose = [each for name in beside for each in self._flows("sourceRef", name)]
        for each in [piece, *(self._piece(name) for name in beside), out, *loose]:
            self._source.take_out(each)
            gone.add(each.get("id"))
        self._unlist(gone)
        join(room, [each.get("id") for each in ways], out.get("id"))
        for name in gone:
            room.drop(name)
        room.write()
        self._settle(self.text)

    def watch(self, step: str, clock: NewClock) -> str:
        """Put a clock on a step, which tells people and moves nothing; give its id."""
        self._settle(self.text)
        stem = step[:_LONGEST_STEM].rpartition("_")[0] if len(step) > _LONGEST_STEM else step
        event, end = self._free_id(f"{stem}_clock_rang"), self._free_id(f"people_told_of_{stem}")
        flow = self._free_id(f"{event}_to_{end}")
        self._draw(
            2 * _WAYS,
            lambda room, way: hang(room, step, event, (end, flow), way),
            lambda: self._write_clock(step, (event, end, flow), clock),
        )
        return event

    def unwatch(self, event: str) -> None:
        """Take a clock off its step; refused with `NotEditable` where it does more than tell people."""
        self._settle(self.text)
        beside = self._beside(self._piece(event).get("attachedToRef"))
        if event not in beside:
            raise NotEditable("This clock does more than tell people: change it in the drawing.")
        room, flows = self._room(), self._flows("sourceRef", event)
        gone = [self._piece(event), *flows, *(self._piece(each.get("targetRef")) for each in flows)]
        names = {each.get("id") for each in gone}
        for each in gone:
            self._source.take_out(each)
        self._unlist(names)
        for name in names:
            room.drop(name)
        room.write()
        self._settle(self.text)

    def say_what(self, event: str, asks: str) -> None:
        """Write down what a clock asks for."""
        piece = self._piece(event)
        held = piece.first("extensionElements", "properties")
        said = next((each for each in (held.all("property") if held else []) if each.get("name") == "asks"), None)
        tag = f'<{self._zeebe()}property name="asks" value={quoteattr(asks)} />'
        if said is not None:
            self._source.set_attribute(said, "value", asks)
        elif held is not None:
            self._source.add_inside(held, tag)
        else:
            z = self._zeebe()
            self._extend(piece, f"<{z}properties>\n    {tag}\n  </{z}properties>")
        self._settle(self.text)

    # Inside -----------------------------------------------------------------------------------------------------------

    def _settle(self, text: str) -> None:
        """Go on from a text: what was changed before is read with it."""
        self._source = Source(text)
        self._lanes = {
            self._source.content(ref).strip(): each.get("id")
            for each in self._source.root.walk() if each.name == "lane"
            for ref in each.all("flowNodeRef")
        }  # fmt: skip

    def _draw(self, ways: int, place: Callable[[Room, int], bool], write: Callable[[], None]) -> None:
        """Write something new, drawn in the first way that leaves the drawing as easy to read as it was, else in the best."""
        before = self.text
        flaws, tried = len(drawing.problems(before)), list[tuple[int, str]]()
        for way in range(ways):
            self._settle(before)
            room = self._room()
            if place(room, way) or not way:
                write()
                room.write()
                text = self._source.edited()
                tried.append((len(drawing.problems(text)), text))
                if tried[-1][0] <= flaws:
                    break
        self._settle(min(tried, key=lambda each: each[0])[1])

    def _piece(self, name: str) -> Piece:
        return self._source.by_id[name]

    def _flows(self, end: str, node: str) -> list[Piece]:
        return [each for each in self._source.root.walk() if each.name == "sequenceFlow" and each.get(end) == node]

    def _around(self, piece: Piece) -> list[str]:
        """Give the sub-processes in which an element stands, the nearest first."""
        found = []
        around = piece.parent
        while around is not None and around.name == "subProcess":
            found.append(around.get("id"))
            around = around.parent
        return found

    def _beside(self, step: str) -> list[str]:
        """Give the clocks of a step that only tell people, and the ends to which they lead."""
        found = []
        for each in self._source.root.walk():
            if (
                each.get("attachedToRef") == step
                and each.get("cancelActivity") == "false"
                and each.first("timerEventDefinition", "timeCycle")
            ):
                ends = [self._piece(flow.get("targetRef")) for flow in self._flows("sourceRef", each.get("id"))]
                if all(end.name == "endEvent" and len(self._flows("targetRef", end.get("id"))) == 1 for end in ends):
                    found += [each.get("id"), *(end.get("id") for end in ends)]
        return found

    def _room(self) -> Room:
        everything = [each for each in self._source.root.walk() if each.get("id")]
        return Room(
            self._source,
            [each.get("id") for each in everything if each.name in _BANDS],
            [each.get("id") for each in everything if each.name in _GROUPS],
            {
                each.get("id"): (each.get("sourceRef"), each.get("targetRef"))
                for each in everything
                if each.name == "sequenceFlow"
            },
            {each.get("id"): each.get("attachedToRef") for each in everything if each.get("attachedToRef")},
        )

    def _free_id(self, wish: str) -> str:
        number, found = 2, wish
        while found in self._source.by_id:
            number, found = number + 1, f"{wish}_{number}"
        return found

    def _zeebe(self) -> str:
        """Give the prefix of the extensions; it is declared where the file has none."""
        return self._prefix_of(ZEEBE, "zeebe")

    def _prefix_of(self, namespace: str, wish: str) -> str:
        root = self._source.root
        found = next(
            (name for name, value in root.values.items() if value == namespace and name.startswith("xmlns:")), ""
        )
        if not found:
            self._source.set_attribute(root, f"xmlns:{wish}", namespace)
        return f"{found.removeprefix('xmlns:') or wish}:"

    def _extend(self, piece: Piece, text: str) -> None:
        """Put an extension into an element."""
        holder = piece.first("extensionElements")
        tag = f"{piece.prefix}extensionElements"
        if holder is not None:
            self._source.add_inside(holder, text)
        elif (said := piece.first("documentation")) is not None:
            self._source.add_behind(said, f"<{tag}>\n  {text}\n</{tag}>")
        else:
            self._source.add_inside(piece, f"<{tag}>\n  {text}\n</{tag}>", first=True)

    def _write_task(self, flow: str, onward: str, task: NewTask) -> None:
        """Write a task, the flow that leads on from it, and the lane that it lies in."""
        arrow = self._piece(flow)
        source, target = self._piece(arrow.get("sourceRef")), self._piece(arrow.get("targetRef"))
        b, z = source.prefix, self._zeebe()
        listed = bool(source.all("outgoing"))
        lines = [f"<{b}userTask id={quoteattr(task.id)} name={quoteattr(task.name)}>"]
        lines += [f"  <{b}documentation>{escape(task.guidance)}</{b}documentation>"] if task.guidance else []
        lines += [
            f"  <{b}extensionElements>",
            f"    <{z}userTask />",
            f"    <{z}formDefinition formId={quoteattr(task.form)} />",
            f"  </{b}extensionElements>",
        ]
        lines += [f"  <{b}incoming>{flow}</{b}incoming>", f"  <{b}outgoing>{onward}</{b}outgoing>"] if listed else []
        self._source.add_behind(source, "\n".join([*lines, f"</{b}userTask>"]))
        ends = f"sourceRef={quoteattr(task.id)} targetRef={quoteattr(target.get('id'))}"
        self._source.add_behind(arrow, f"<{b}sequenceFlow id={quoteattr(onward)} {ends} />")
        self._source.set_attribute(arrow, "targetRef", task.id)
        self._relist(target, flow, [onward])
        if task.lane and task.lane != self._lane_around(source):
            holder = self._piece(task.lane)
            self._source.add_inside(holder, f"<{holder.prefix}flowNodeRef>{task.id}</{holder.prefix}flowNodeRef>")

    def _write_clock(self, step: str, ids: tuple[str, str, str], clock: NewClock) -> None:
        """Write a clock, its end and the flow between them, in the lane in which the step lies."""
        host, (event, end, flow) = self._piece(step), ids
        b, z, xsi = host.prefix, self._zeebe(), self._prefix_of(XSI, "xsi")
        told = [f"<{b}outgoing>{flow}</{b}outgoing>", f"<{b}incoming>{flow}</{b}incoming>"]
        listed = any(each.name == "outgoing" for each in self._source.root.walk())
        on = f'cancelActivity="false" attachedToRef={quoteattr(step)}'
        lines = [
            f"<{b}boundaryEvent id={quoteattr(event)} name={quoteattr(clock.name)} {on}>",
            f"  <{b}extensionElements>",
            f"    <{z}properties>",
            f'      <{z}property name="asks" value={quoteattr(clock.asks)} />',
            f"    </{z}properties>",
            f"  </{b}extensionElements>",
            *([f"  {told[0]}"] if listed else []),
            f'  <{b}timerEventDefinition id="{event}_timer">',
            f'    <{b}timeCycle {xsi}type="{b}tFormalExpression">{escape(clock.moments)}</{b}timeCycle>',
            f"  </{b}timerEventDefinition>",
            f"</{b}boundaryEvent>",
            f"<{b}endEvent id={quoteattr(end)} name={quoteattr(clock.told)}>",
            *([f"  {told[1]}"] if listed else []),
            f"</{b}endEvent>",
            f"<{b}sequenceFlow id={quoteattr(flow)} sourceRef={quoteattr(event)} targetRef={quoteattr(end)} />",
        ]
        self._source.add_behind(host, "\n".join(lines))
        lists = [each for each in self._source.root.walk() if each.name == "flowNodeRef"]
        own = next((each for each in lists if self._source.content(each).strip() == step), None)
        if own is not None:
            tags = [f"<{own.tag}>{name}</{own.tag}>" for name in (event, end)]
            self._source.add_behind(own, "\n".join(tags))

    def _unlist(self, names: Collection[str]) -> None:
        """Take elements out of the lists of the lanes."""
        for each in self._source.root.walk():
            if each.name == "flowNodeRef" and self._source.content(each).strip() in names:
                self._source.take_out(each)

    def _lane_around(self, source: Piece) -> str:
        """Give the lane that a step in a group has without being listed itself."""
        inside = source.parent is not None and source.parent.name == "subProcess"
        return self.lane_of(source.parent.get("id")) if inside and source.parent is not None else ""

    def _relist(self, target: Piece, old: str, new: Sequence[str]) -> None:
        """Name other flows in the list of those that reach a step."""
        for each in target.all("incoming"):
            if self._source.content(each).strip() == old:
                tag = each.tag
                indent = self._source.indent(each)
                self._source.replace(each.start, each.end, f"\n{indent}".join(f"<{tag}>{name}</{tag}>" for name in new))

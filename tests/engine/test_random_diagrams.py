"""Random procedures, played at random: the engine does what the blocks mean, straight and restored before every step."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import values
from tests.blocks import Drawn, Waiting, World
from tests.drawn import form, procedure
from tests.driving import MORNING, Drive, both
from tests.random_blocks import procedures

ANSWERS = ("no", "yes", "both")


def path_of(waiting: Waiting) -> str:
    """Give the items around something that waits, as the engine writes them."""
    return ".".join(waiting.path)


class Play:
    """One procedure in the engine, straight and restored, beside its meaning."""

    def __init__(self, drawn: Drawn) -> None:
        files = drawn.files()
        self.drives = [Drive(files, restored=restored) for restored in (False, True)]
        self.world: World = drawn.begin()
        for drive in self.drives:
            drive.open(why="asked")
        self.compare()

    def move(self, choice: int) -> None:
        """Do one of the things that can be done now."""
        world = self.world
        world.now += 1
        clock = world.next_clock()
        possible = [*world.tasks(), *world.messages(), *([None] if clock is not None else [])]
        chosen = possible[choice % len(possible)]
        if clock is not None and clock <= world.now:
            chosen = None  # whatever happens, what is due goes off first
        if chosen is not None:  # two of the same: the older one
            chosen = next(
                each
                for each in possible
                if each is not None and (each.element, each.path) == (chosen.element, chosen.path)
            )
        answer = ANSWERS[choice // len(possible) % len(ANSWERS)]
        for drive in self.drives:
            drive.now = MORNING + timedelta(seconds=world.now)
            self.engine_does(drive, chosen, answer, clock)
        if chosen is None:
            world.fire()
        else:
            world.happens(chosen, answer)
        self.compare()

    @staticmethod
    def engine_does(drive: Drive, chosen: Waiting | None, answer: str, clock: int | None) -> None:
        """Let the engine do the same."""
        if chosen is None:
            assert clock is not None
            assert drive.next_due_at == MORNING + timedelta(seconds=clock)
            drive.now = max(drive.now, drive.next_due_at)
            drive.wait()
        elif chosen.message:
            drive.tell(f"told_{chosen.element}", path_of(chosen) or "root")
        else:
            drive.do(chosen.element, key=path_of(chosen), way=answer)

    def compare(self) -> None:
        """Hold the engine against the meaning, and the restored drive against the straight one."""
        straight, restored = self.drives
        assert straight.story() == restored.story()
        assert values.dumps(straight.facts) == values.dumps(restored.facts)
        for drive in self.drives:
            found = sorted((task.node.id, task.key) for task in drive.tasks.values())
            assert found == sorted((each.element, path_of(each)) for each in self.world.tasks())
            assert drive.last is not None
            awaited = sorted(name for _number, name, _key in drive.last.awaited)
            assert awaited == sorted(f"told_{each.element}" for each in self.world.messages())
            clock = self.world.next_clock()
            assert drive.next_due_at == (None if clock is None else MORNING + timedelta(seconds=clock))
            assert drive.closed == self.world.root.over
            future = [*drive.tasks, drive.next_due_at, *drive.last.awaited]
            assert drive.closed or any(future), "a case without a future"


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(procedures(), st.lists(st.integers(0, 10_000), min_size=5, max_size=25))
def test_a_random_procedure_does_what_its_blocks_mean(drawn: Drawn, choices: list[int]) -> None:
    play = Play(drawn)
    for choice in choices:
        if play.world.root.over:
            break
        play.move(choice)


NESTED = procedure(
    "nested",
    """
    begun: start form=opening
    each_of_them: inside each={["a", "b"]} as=item
        outer_begun: start
        outer_done: end
        look_closer: inside
            inner_begun: start
            inner_done: end
            ask: user form=answer
            inner_begun > ask
            ask > inner_done
        outer_begun > look_closer
        look_closer > outer_done
    too_late: boundary on=each_of_them duration=PT1H
    done: end
    late: end
    begun > each_of_them
    each_of_them > done
    too_late > late
    """,
    form("opening", "why"),
    form("answer", "text"),
)


def test_an_interrupted_multi_instance_takes_the_processes_inside_its_processes_with_it() -> None:
    """The library drops its instances without a word to what runs in them; the case then failed at every step."""
    straight, _restored = both(NESTED, lambda drive: drive.open().wait(hours=2))
    assert straight.closed
    assert straight.passed() >= {"late"}
    assert len(straight.kinds("task_cancelled")) == 2

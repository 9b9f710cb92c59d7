"""Changes a diagram or a decision table by the smallest edit of its text: what nobody touched stays as it was, to the byte.

A diagram is changed with its drawing, so that a step that was put in can be seen where it happens.
"""

from engine.editing.both import Both, put_together
from engine.editing.diagram import Diagram, NewClock, NewTask, NotEditable
from engine.editing.rows import Row, Sheet
from engine.editing.times import is_plain, read_span, read_time, say_span, say_time

__all__ = [
    "Both",
    "Diagram",
    "NewClock",
    "NewTask",
    "NotEditable",
    "Row",
    "Sheet",
    "is_plain",
    "put_together",
    "read_span",
    "read_time",
    "say_span",
    "say_time",
]

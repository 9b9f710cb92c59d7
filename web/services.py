"""What the pages work with: one frozen value per application, put together in the composition root."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import flask
import sqlalchemy as sa

from engine.cases import Cases
from engine.frozen import frozen
from engine.model import Clock
from web.clock import DemoClock
from web.settings import Settings

if TYPE_CHECKING:
    from web.report_press import Press

NAME = "homeward"


@frozen
class Services:
    """The settings, the database, the door to the cases and the clocks.

    `clock` is the casework's present moment; `wall_clock` is the system's, for sessions and heartbeats. `demo_clock`
    is there in the demo only. `tick` lets the worker in this process look for due work at once, where there is one.
    `press` draws reports.
    """

    settings: Settings
    engine: sa.Engine
    cases: Cases
    press: Press
    clock: Clock
    wall_clock: Clock
    demo_clock: DemoClock | None = None
    tick: Callable[[], None] | None = None


def services() -> Services:
    """Give the services of the application that answers this request."""
    found: Services = flask.current_app.extensions[NAME]
    return found

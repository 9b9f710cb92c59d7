"""The board of the daily meeting as it stands now, and the same for a screen on the wall: who is missing, by risk, without a name."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask.typing import ResponseReturnValue

from engine.store import reading
from web import board_words
from web.access import SCREEN, actor, roles
from web.episode_words import names_of
from web.services import services
from workflows import daily_board
from workflows.access import SEES_EVERY_EPISODE
from workflows.audience import audience
from workflows.daily_board import Board

page = flask.Blueprint("board", __name__)

BOARD, WALL = "daily board", "daily board, wall screen"
CLASSES = frozenset({"D1", "D2"})


@page.get("/daily/board")
@roles(*SEES_EVERY_EPISODE)
def board() -> ResponseReturnValue:
    """Show everything that the meeting looks at, as it stands now; who looked is written down first."""
    found, names = _read(BOARD, board_words.named)
    return flask.render_template("board.html", **board_words.describe(found, names))


@page.get("/daily/wall")
@roles(*SEES_EVERY_EPISODE)
def wall() -> ResponseReturnValue:
    """Show who is missing to a room: references, age bands, risk and clocks. It asks for itself anew, which is no use of the session."""
    found, _names = _read(WALL, board_words.on_wall)
    return flask.render_template("wall.html", **board_words.wall(found), is_screen=bool(flask.session.get(SCREEN)))


@page.post("/daily/wall")
@roles(*SEES_EVERY_EPISODE)
def put_on_wall() -> ResponseReturnValue:
    """Give this window to the wall screen: it shows that and nothing else, until it is signed out or its session ends."""
    flask.session[SCREEN] = True
    return flask.redirect(flask.url_for("board.wall"))


def _read(purpose: str, shown: Callable[[Board], list[str]]) -> tuple[Board, dict[str, str]]:
    """Read the board, and write down of which cases this person sees something, once an hour for each."""
    here, who = services(), actor()
    now = here.clock()
    with reading(here.engine) as connection:
        found = daily_board.board(connection, audience(connection, who, now), now)
        names = names_of(connection, {one.reviewed_by for one in found.standings.values()})
        noted = daily_board.noted_lately(connection, who.person, purpose, now)
    about = [each for each in shown(found) if each not in noted]
    here.cases.note_reading(*about, by=who, purpose=purpose, classes=CLASSES, now=now)
    return found, names

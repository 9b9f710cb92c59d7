"""The Jinja components draw what GOV.UK Frontend draws: every fixture of the pinned npm package, character by character.

It answers "may we upgrade?" with yes or no. Newer packages of GOV.UK Frontend differ from these components in the date
input, the panel and the button.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jinja2
import pytest

from web.govuk import loader

COMPONENTS = Path(__file__).parents[2] / "web/assets/node_modules/govuk-frontend/dist/govuk/components"
FEWEST = 650


def fixtures() -> list[tuple[str, dict[str, Any]]]:
    files = sorted(COMPONENTS.glob("*/fixtures.json"))
    read = [json.loads(file.read_text("utf-8")) for file in files]
    return [(component["component"], fixture) for component in read for fixture in component["fixtures"]]


def drawn(environment: jinja2.Environment, component: str, options: dict[str, Any]) -> str:
    name = "govuk" + "".join(part.capitalize() for part in component.split("-"))
    template = environment.from_string(
        f"{{% from 'govuk_frontend_jinja/components/{component}/macro.html' import {name} %}}{{{{ {name}(params) }}}}"
    )
    return template.render(params=options)


def plain(markup: str) -> str:
    """Leave out what no browser sees: white space around the tags, and which way a quotation mark is escaped."""
    tight = re.sub(r"\s+", " ", markup.replace("&#39;", "'").replace("&#34;", "&quot;"))
    return re.sub(r"\s*([<>])\s*", r"\1", tight).strip()


@pytest.fixture(scope="module")
def every_fixture() -> list[tuple[str, dict[str, Any]]]:
    if not COMPONENTS.is_dir():
        pytest.skip("the npm packages are not installed: run `make assets`")
    return fixtures()


def test_every_component_is_drawn_as_govuk_frontend_draws_it(every_fixture: list[tuple[str, dict[str, Any]]]) -> None:
    environment = jinja2.Environment(loader=loader(), autoescape=True)
    different = [
        f"{component}: {fixture['name']}"
        for component, fixture in every_fixture
        if plain(drawn(environment, component, fixture["options"])) != plain(fixture["html"])
    ]
    assert different == []
    assert len(every_fixture) >= FEWEST


def test_the_comparison_sees_a_changed_class(every_fixture: list[tuple[str, dict[str, Any]]]) -> None:
    _, fixture = every_fixture[0]
    assert plain(fixture["html"].replace("govuk-", "govkk-", 1)) != plain(fixture["html"])

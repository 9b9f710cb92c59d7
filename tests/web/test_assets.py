"""What the browser loads: built from exact versions, without the font and crest of GOV.UK, asking nobody else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "web/assets"
STATIC = ROOT / "web/static"

EXPLAINED = {"docs.camunda.io", "docs.camunda.org", "camunda.org", "docs.oracle.com", "jedwatson.github.io"} | {
    "json-schema.org",
    "mths.be",
}
NEVER_CALLED = 'new Function("node","Object.freeze(node); return "'
"""What dom-iterator would do with a filter that is text; dmn-js gives it none, and the Content-Security-Policy stops it."""

SWITCHED_OFF = ("function(){return eval(str)}", '=new Function("event",n)')
"""What htmx would do with scripts in attributes: `allowEval` is false in live.js, and the policy stops it as well."""


def build() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ASSETS / "build.py")]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def css() -> str:
    build()
    return (STATIC / "homeward.css").read_text("utf-8")


def test_the_style_sheet_asks_for_no_font_and_no_crest(css: str) -> None:
    assert not [
        trace for trace in ("GDS Transport", "@font-face", "-crest.", "-crown.", "sourceMappingURL") if trace in css
    ]


def test_the_style_sheet_asks_only_for_icons_that_are_served(css: str) -> None:
    asked = re.findall(r"url\(([^)]*)\)", css)
    assert asked
    for address in asked:
        assert re.fullmatch(r"images/icon-[a-z-]+\.svg", address)
        assert (STATIC / address).is_file()


def test_nothing_of_the_crown_is_served(css: str) -> None:
    served = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
    assert [name for name in served if not name.startswith("images/icon-")] == [
        ".stamp",
        "bpmn.woff2",
        "dmn.woff2",
        "favicon.svg",
        "homeward.css",
        "homeward.js",
        "live.js",
        "modeller.css",
        "modeller.js",
        "table.css",
        "table.js",
        "typed.js",
        "viewer.css",
        "viewer.js",
    ]


def test_the_styles_of_both_libraries_and_our_own_are_there(css: str) -> None:
    assert [name for name in (".govuk-button", ".moj-timeline", ".hw-conditional") if name not in css] == []


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("homeward.js", {"www.w3.org"}),
        ("live.js", set()),
        # The names of BPMN's vocabularies, and the links of the watermark that the licence of bpmn-js keeps.
        ("viewer.js", {"www.w3.org", "www.omg.org", "bpmn.io", "github.com"}),
        # The same, what the properties panel and the expression editor link to in their explanations, and the licence of the icons.
        ("modeller.js", {"www.w3.org", "www.omg.org", "bpmn.io", "github.com", "fontawesome.com", *EXPLAINED}),
        ("table.js", {"www.w3.org", "www.omg.org", "bpmn.io", "github.com", *EXPLAINED}),
    ],
)
def test_the_script_evaluates_no_text_and_names_no_other_site(css: str, name: str, named: set[str]) -> None:
    script = (STATIC / name).read_text("utf-8")
    for never in (NEVER_CALLED, *SWITCHED_OFF):
        script = script.replace(never, "")
    assert not re.search(r"\beval\(|new Function\(", script)
    assert set(re.findall(r"https?://([a-z0-9.-]+)", script)) <= named


@pytest.mark.parametrize(("name", "fonts"), [("viewer", set()), ("modeller", {"bpmn.woff2"}), ("table", {"dmn.woff2"})])
def test_drawings_keep_their_watermark_and_ask_for_no_file_but_their_font(css: str, name: str, fonts: set[str]) -> None:
    assert "powered-by" in (STATIC / f"{name}.js").read_text("utf-8")
    style = (STATIC / f"{name}.css").read_text("utf-8")
    assert not re.search(r"\.[\w-]*powered-by[^{}]*\{[^}]*(display: *none|visibility|opacity: *0)", style)
    asked = re.findall(r"url\(['\"]?([^)'\"]+)", style)
    assert {address for address in asked if not address.startswith("data:")} == fonts
    assert all((STATIC / font).is_file() for font in fonts)


def test_a_second_build_changes_nothing(css: str) -> None:
    before = (STATIC / "homeward.js").stat().st_mtime_ns
    assert build().stdout == ""
    assert (STATIC / "homeward.js").stat().st_mtime_ns == before


def test_the_favicon_is_a_picture() -> None:
    assert ET.parse(ASSETS / "favicon.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own file


def test_every_package_is_pinned_and_locked_without_an_address() -> None:
    package = json.loads((ASSETS / "package.json").read_text("utf-8"))
    lock = (ASSETS / "package-lock.json").read_text("utf-8")
    pinned = package["dependencies"] | package["devDependencies"]
    locked = {name: json.loads(lock)["packages"][f"node_modules/{name}"]["version"] for name in pinned}
    assert pinned == locked
    assert "resolved" not in lock
    found = [address for line in lock.splitlines() if (address := re.search(r"https:[^\"]+", line))]
    assert [
        one.group() for one in found if not re.match(r"https://(github.com/sponsors|opencollective.com)/", one.group())
    ] == []

"""Build web/static from the pinned npm packages: scripts, style sheets, the icons and fonts that they ask for, a favicon.

`make assets` runs this file. It is in five steps, and nothing is done when nothing has changed:

1. `npm ci` when package-lock.json is newer than what is installed (Node comes with the Python environment);
2. if the stamp in web/static is that of the sources as they are now, stop;
3. esbuild bundles homeward.js with both packages; live.js, which the list of tasks alone loads, with htmx; typed.js for the page of a task; viewer.js, which the page of a case alone loads, with bpmn-js; and for
   those who change procedures modeller.js and table.js, in which two shims take the place of what the CSP would stop;
4. the two prebuilt style sheets, paper.css, homeward.css and schemes.css become one, without the font and the crest of GOV.UK, which are not
   for services outside it (compiling the Sass was tried and fails: the Ministry's Sass loads GOV.UK's a second time);
5. the new folder takes the place of the old one in one move.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
GOVUK_CSS = MODULES / "govuk-frontend/dist/govuk/govuk-frontend.min.css"
MOJ = MODULES / "@ministryofjustice/frontend/moj"
STATIC = HERE.parent / "static"
SCRIPTS = ("homeward.js", "live.js", "typed.js", "viewer.js", "modeller.js", "table.js")
SHIMS = {"domify": "shims/domify.js", "style-mod": "shims/style-mod.js"}
STYLES = ("paper.css", "homeward.css", "schemes.css", "viewer.css", "modeller.css")
OWN = ("comforts.js", "editing.js", "hints.js", "playing.js", "settings.js", "keys.js", "outline.js", "favicon.svg")
SOURCES = ("build.py", "package-lock.json", *OWN, *SCRIPTS, *STYLES, *SHIMS.values())
FONT = 'system-ui,"Segoe UI","Noto Sans",'
NOTICE = "Holds govuk-frontend, (c) Crown Copyright (Government Digital Service), and @ministryofjustice/frontend, "
NOTICE += "(c) Crown Copyright (Ministry of Justice); both under the MIT licence."
VIEWER_CSS = tuple(MODULES / "bpmn-js/dist/assets" / name for name in ("diagram-js.css", "bpmn-js.css"))
DMN_CSS = [
    MODULES / "dmn-js/dist/assets" / name
    for name in (
        "diagram-js.css",
        "dmn-js-shared.css",
        "dmn-js-decision-table.css",
        "dmn-js-decision-table-controls.css",
    )
]
MINIMAP_CSS = MODULES / "diagram-js-minimap/assets/diagram-js-minimap.css"
PLAYING_CSS = MODULES / "bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css"
PANEL_CSS = MODULES / "@bpmn-io/properties-panel/dist/assets/properties-panel.css"
FONTS = {name: MODULES / f"{name}-js/dist/assets/{name}-font" for name in ("bpmn", "dmn")}
VIEWER_NOTICE = (
    "Holds bpmn-js, (c) Camunda Services GmbH, under the bpmn.io licence (bpmn.io/license): its watermark stays."
)
NOTICES = {
    "homeward.js": NOTICE,
    "typed.js": "",
    "modeller.js": f"{VIEWER_NOTICE} Holds bpmnlint and bpmn-js-token-simulation, (c) Camunda Services GmbH, under the MIT licence, "
    "with icons of Font Awesome Free, (c) Fonticons, Inc., under CC BY 4.0.",
    "live.js": "Holds htmx, under the BSD licence without conditions (0BSD).",
}


def main() -> None:
    """Build, unless the stamp says that it is done."""
    install_packages()
    stamp = stamp_of_sources()
    kept = STATIC / ".stamp"
    if kept.exists() and kept.read_text("utf-8") == stamp:
        return
    new = MODULES / ".homeward"
    shutil.rmtree(new, ignore_errors=True)
    (new / "images").mkdir(parents=True)
    for name in SCRIPTS:
        bundle_script(name, new, NOTICES.get(name, VIEWER_NOTICE))
    (new / "homeward.css").write_text(style_sheet(), "utf-8")
    (new / "viewer.css").write_text(drawing_style_sheet((*VIEWER_CSS, HERE / "viewer.css")), "utf-8")
    for name, sheets in (("modeller", (*VIEWER_CSS, PANEL_CSS, MINIMAP_CSS, PLAYING_CSS)), ("table", DMN_CSS)):
        font = "bpmn" if name == "modeller" else "dmn"
        css = drawing_style_sheet((*sheets, FONTS[font] / f"css/{font}.css", HERE / "modeller.css"))
        (new / f"{name}.css").write_text(css, "utf-8")
        shutil.copyfile(FONTS[font] / f"font/{font}.woff2", new / f"{font}.woff2")
    for icon in sorted((MOJ / "assets/images").glob("icon-*.svg")):
        shutil.copyfile(icon, new / "images" / icon.name)
    shutil.copyfile(HERE / "favicon.svg", new / "favicon.svg")
    (new / ".stamp").write_text(stamp, "utf-8")
    shutil.rmtree(STATIC, ignore_errors=True)
    new.rename(STATIC)
    print(f"Built {', '.join(sorted(path.name for path in STATIC.glob('[!.]*.*')))} in web/static")


def stamp_of_sources() -> str:
    """Give a digest of all that decides what is built."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update(name.encode() + b"\0" + (HERE / name).read_bytes() + b"\0")
    return digest.hexdigest()


def install_packages() -> None:
    """Run `npm ci` when the lock is newer than what is installed."""
    lock, installed = HERE / "package-lock.json", MODULES / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    beside = Path(sys.executable).parent
    npm = shutil.which("npm", path=str(beside)) or shutil.which("npm")
    if npm is None:
        sys.exit("There is no npm beside this Python and none on PATH; `make assets` installs one.")
    search = os.pathsep.join([str(beside), os.environ.get("PATH", "")])
    # Node does not look into the machine's certificates by itself and fails behind a proxy that inspects TLS.
    environment = {**os.environ, "PATH": search, "NODE_USE_SYSTEM_CA": "1"}
    print("Installing the browser packages (a few seconds, once)", flush=True)
    finished = subprocess.run([npm, "ci", "--no-progress"], cwd=HERE, env=environment, check=False, timeout=600)
    if finished.returncode:
        sys.exit("npm could not install the packages of web/assets/package-lock.json; its own message is above.")
    installed.touch()


def bundle_script(name: str, folder: Path, notice: str) -> None:
    """Bundle one script into a folder; the binary of esbuild is called itself, without Node."""
    binaries = [path for path in MODULES.glob("@esbuild/*/**/esbuild*") if path.name in {"esbuild", "esbuild.exe"}]
    if not binaries:
        sys.exit(
            "esbuild is not installed for this machine; remove web/assets/node_modules and run `make assets` again."
        )
    command = [str(binaries[0]), name, "--bundle", "--minify", "--format=esm", "--target=es2020"]
    command += [f"--alias:{package}=./{shim}" for package, shim in SHIMS.items()]
    command += [f"--outfile={folder / name}", f"--banner:js=/* {notice} */", "--log-level=warning"]
    subprocess.run(command, cwd=HERE, check=True, timeout=120)


def style_sheet() -> str:
    """Join the style sheets; icons are found beside the result, and neither font nor crest is asked for."""
    own = (HERE / "paper.css", HERE / "homeward.css", HERE / "schemes.css")
    parts = [path.read_text("utf-8") for path in (GOVUK_CSS, MOJ / "moj-frontend.min.css", *own)]
    css = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", "\n".join(parts))
    css = re.sub(r"@font-face\{[^}]*\}", "", css).replace("GDS Transport,", FONT)
    css = css.replace("url(/assets/images/govuk-crest.svg)", "none").replace("url(/assets/images/", "url(images/")
    left = [trace for trace in ("GDS Transport", "@font-face", "govuk-crest", "/assets/") if trace in css]
    if left:
        sys.exit(f"The style sheets changed: {', '.join(left)} is still in them; mend style_sheet().")
    missing = {
        name for name in re.findall(r"url\(images/([^)]+)\)", css) if not (MOJ / "assets/images" / name).exists()
    }
    if missing or any(not name.startswith("icon-") for name in re.findall(r"url\(images/([^)]+)\)", css)):
        sys.exit(f"The style sheets ask for images that are not served: {sorted(missing)}.")
    return f"/* {NOTICE} */\n{css}"


def drawing_style_sheet(sheets: Iterable[Path]) -> str:
    """Join style sheets of the drawings; of their fonts the one file that browsers of today read is served beside them."""
    css = "\n".join(path.read_text("utf-8") for path in sheets).replace('@charset "utf-8";', "")
    font = r"@font-face\s*\{[^}]*?font-family:\s*['\"]?(\w+)['\"]?[^}]*\}"
    css = re.sub(font, r'@font-face { font-family: "\1"; src: url("\1.woff2") format("woff2"); }', css)
    asked = {address for address in re.findall(r"url\(['\"]?([^)'\"]+)", css) if not address.startswith("data:")}
    if asked - {f"{name}.woff2" for name in FONTS}:
        sys.exit(f"The style sheets of the drawings ask for files that are not served: {sorted(asked)}.")
    return f"/* {VIEWER_NOTICE} */\n{css}"


if __name__ == "__main__":
    main()

"""The picture of a run: well-formed, self-contained, and the same as text."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.text import Text

from tests.demo.picture import THEMES, WIDTH, drawn, recorded, recording_console
from tests.localcloud.config import REPOSITORY

_SVG = "{http://www.w3.org/2000/svg}"
_DRAWN_WITH = {"svg", "title", "desc", "rect", "g", "text"}
_NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
# What could make a viewer fetch or run something. URLs in the text are only text.
_ELSEWHERE = re.compile(r"@import|url\(|<script|<style|href|\bon\w+=|<!|<\?|data:", re.IGNORECASE)
COMMITTED = [REPOSITORY / "docs" / f"run-{name}.svg" for name in THEMES]


def checked(svg: str) -> list[str]:
    """Fail unless an SVG is well-formed and needs nothing else; return its text by lines."""
    root = ElementTree.fromstring(svg)
    assert {each.tag.removeprefix(_SVG) for each in root.iter()} == _DRAWN_WITH
    assert not _ELSEWHERE.search(svg)
    attributes = " ".join(value for each in root.iter() for value in each.attrib.values())
    assert "http" not in attributes
    assert svg.count(_NAMESPACE) == 1
    title, desc = root.find(f"{_SVG}title"), root.find(f"{_SVG}desc")
    assert title is not None
    assert title.text
    assert desc is not None
    assert desc.text is not None
    words = [each.text or "" for each in root.iter(f"{_SVG}text")]
    assert "".join(words).replace(" ", "") == re.sub(r"\s", "", desc.text)
    return desc.text.splitlines()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What ``make picture`` draws, of a smaller run."""
    folder = tmp_path_factory.mktemp("pictures")
    done = subprocess.run(
        [sys.executable, "-m", "tests.demo", "picture", "--size", "20000000", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    photographs = {f"report-{name}.png": folder / f"report-{name}.png" for name in THEMES}
    assert {each.name for each in folder.glob("*.png")} == {*photographs}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in photographs.values())
    return {each.name: each.read_text("utf-8") for each in folder.glob("*.svg")}


def test_picture_of_a_run_is_whole_and_needs_nothing_else(pictures: dict[str, str]) -> None:
    """Light and dark show the same run, from the command to the proof."""
    light, dark = (checked(pictures[f"run-{name}.svg"]) for name in ("light", "dark"))
    assert light == dark
    assert light[0] == "$ make demo"
    assert [line.split()[:2] for line in light if "━" in line and "100%" in line] == [
        ["make", "file"],
        ["transfer", "━━━━━━━━━"],
        ["read", "back"],
    ]
    assert any(line.startswith("The object is the file: 20000000 bytes") for line in light)
    assert len(light) <= 35
    assert max(map(len, light)) <= WIDTH


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_committed_picture_needs_nothing_else(path: Path) -> None:
    """The document's picture has no reference to elsewhere, and is of a run of 1 GiB."""
    lines = checked(path.read_text("utf-8"))
    assert lines[0] == "$ make demo"
    assert any(line.startswith(f"The object is the file: {1 << 30} bytes") for line in lines)


def test_committed_pictures_are_of_the_same_run() -> None:
    """Whoever changes the theme sees the same figures."""
    assert len({tuple(checked(path.read_text("utf-8"))) for path in COMMITTED}) == 1


def test_what_could_be_markup_is_text() -> None:
    """Brackets, ampersands and quotes of a URL or key are drawn, not read."""
    words = "<b>&amp;  ]]> \"'"
    assert checked(drawn([Text(words)], THEMES["dark"])) == [words]


def test_styles_are_drawn_and_do_not_move_what_follows() -> None:
    """Each piece stands at its column, bold and coloured as it was printed."""
    console = recording_console()
    console.print("[bold green]ab[/] [cyan]cd[/]  ef", highlight=False)
    svg = drawn(recorded(console, "run")[1:], THEMES["light"])
    texts = list(ElementTree.fromstring(svg).iter(f"{_SVG}text"))
    assert [each.text for each in texts] == ["ab", "cd", "ef"]
    green, cyan = THEMES["light"].colours.values()
    assert [each.get("fill") for each in texts] == [green, cyan, None]
    assert [each.get("font-weight") for each in texts] == ["bold", None, None]
    columns = [float(each.get("x", "")) for each in texts]
    assert [columns[1] - columns[0], columns[2] - columns[0]] == pytest.approx([3 * 8.4, 7 * 8.4])


def test_line_that_is_too_long_goes_on_in_the_next() -> None:
    """As in a terminal of that width."""
    console = recording_console()
    console.print("word " * 30, soft_wrap=True)
    assert [len(each) <= WIDTH for each in recorded(console, "run")] == [True] * 3

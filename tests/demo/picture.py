"""The picture of a run: one that was really made, drawn as SVG that needs nothing from elsewhere.

A terminal that cannot move its cursor ("dumb") is shown how each line ended, and that is recorded.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from rich.console import Console
from rich.style import Style
from rich.text import Text

WIDTH = 80  # columns
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_FONT_SIZE, _COLUMN, _ROW, _MARGIN = 14, 8.4, 19, 16  # in pixels
_GREEN, _CYAN = 2, 6
_WORDS = re.compile(r"\S+(?: \S+)*")
_TITLE = "A run of make demo in a terminal"


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours: the terminal's own by their numbers, as far as the demo prints in them."""

    background: str
    border: str
    text: str
    dim: str
    colours: Mapping[int, str]


THEMES = {
    "light": Theme(
        "#f6f8fa", "#d1d9e0", "#1f2328", "#59636e", {_GREEN: "#116329", _CYAN: "#1b6f83"}
    ),
    "dark": Theme(
        "#0d1117", "#3d444d", "#f0f6fc", "#9198a1", {_GREEN: "#3fb950", _CYAN: "#56d4dd"}
    ),
}


def recording_console() -> Console:
    """Return a console that prints nothing and keeps what it was to print, for ``drawn``."""
    return Console(
        file=io.StringIO(),
        width=WIDTH,
        record=True,
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
        _environ={"TERM": "dumb"},
    )


def recorded(console: Console, command: str) -> list[Text]:
    """Return the lines that were printed after ``command``, broken where a terminal breaks them."""
    lines = [Text.assemble(("$ ", "dim"), (command, "bold"))]
    for printed in console.export_text(styles=True).splitlines():
        line = Text.from_ansi(printed)
        line.rstrip()
        lines += line.wrap(console, WIDTH) or [Text()]
    return lines


def drawn(lines: list[Text], theme: Theme) -> str:
    """Return an SVG of the lines, with the same as text for those who do not see it."""
    width = round(WIDTH * _COLUMN) + 2 * _MARGIN
    height = len(lines) * _ROW + 2 * _MARGIN
    text = "\n".join(line.plain.rstrip() for line in lines)
    drawing = "\n".join(_drawn_runs(lines, theme))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" \
height="{height}" role="img" aria-labelledby="title text">
<title id="title">{escape(_TITLE)}</title>
<desc id="text">{escape(text)}</desc>
<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" \
fill="{theme.background}" stroke="{theme.border}"/>
<g font-family={quoteattr(_FONT)} font-size="{_FONT_SIZE}" fill="{theme.text}">
{drawing}
</g>
</svg>
"""


def _drawn_runs(lines: list[Text], theme: Theme) -> Iterator[str]:
    """Yield words of one style each, placed by column so that no font can shift what follows."""
    for row, line in enumerate(lines):
        y = _MARGIN + row * _ROW + _FONT_SIZE
        for start, style, run in _runs(line):
            for words in _WORDS.finditer(run):
                x = _MARGIN + (start + words.start()) * _COLUMN
                length = len(words[0]) * _COLUMN
                yield (
                    f'<text x="{x:.1f}" y="{y}" textLength="{length:.1f}"'
                    f' lengthAdjust="spacingAndGlyphs"{_paint(style, theme)}>'
                    f"{escape(words[0])}</text>"
                )


def _runs(line: Text) -> Iterator[tuple[int, Style, str]]:
    """Yield column, style and text of the pieces of a line that look the same."""
    edges = sorted({0, len(line), *(edge for span in line.spans for edge in span[:2])})
    for start, stop in pairwise(edges):
        covering = [span.style for span in line.spans if span.start <= start < span.end]
        styles = [Style.parse(each) if isinstance(each, str) else each for each in covering]
        yield start, Style.combine([Style.null(), *styles]), line.plain[start:stop]


def _paint(style: Style, theme: Theme) -> str:
    colour = theme.dim if style.dim else theme.text
    if style.color is not None and style.color.number is not None:
        colour = theme.colours[style.color.number]
    fill = "" if colour == theme.text else f' fill="{colour}"'
    return fill + (' font-weight="bold"' if style.bold else "")

"""How a step looks: a line with a bar in a terminal of any width, a plain line anywhere else."""

from __future__ import annotations

from rich.text import Text

from .step import Sight

PLAIN, ASCII = "━─", "=-"  # what is done and what is not, told apart without colours as well

_FIELDS = 44  # columns that title, percent, size, rate and time take
_BAR, _SHORT_BAR = 24, 9
_DETAIL = 24
_WIDE = _FIELDS + 1 + _SHORT_BAR + 2 + _DETAIL


def bar_line(sight: Sight, width: int, ended: bool, strokes: str = PLAIN) -> Text:
    """Return a line of at most ``width`` columns; what goes first where it is tight is the detail.

    A step that has ended tells the time that it took instead of the time that is left.
    """
    detail = width >= _WIDE
    length = max(0, min(_BAR, width - _FIELDS - 1 - (2 + _DETAIL if detail else 0)))
    full = int((sight.share or 0.0) * length)
    line = Text.assemble(
        f"{sight.title:<9} ",
        (strokes[0] * full, "green"),
        (strokes[1] * (length - full), "dim"),
        (f" {sight.percent:>4}", "bold"),
        f" {sight.size:>8} {sight.rate:>10}",
        (f" {_took(sight) if ended else sight.time:>9}", "cyan"),
        f"  {sight.detail:<{_DETAIL}}" if detail else "",
    )
    line.rstrip()
    line.truncate(width, overflow="crop")
    return line


def plain_line(sight: Sight) -> str:
    """Return a line for a file or a pipe, with the time so far."""
    return (
        f"{sight.title:<9} {_took(sight):>8}  {sight.percent:>4} {sight.size:>8} {sight.rate:>10}"
        f" {sight.time:>9}  {sight.detail}"
    ).rstrip()


def _took(sight: Sight) -> str:
    return f"{sight.seconds:.1f} s"

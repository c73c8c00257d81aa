"""Elements of SVG, written with whatever they show escaped and inert. Pure."""

from __future__ import annotations

from markupsafe import Markup, escape

from ..say import visible


def element(name: str, *inside: Markup | str, **attributes: str | float) -> Markup:
    """``class_`` and ``stroke_width`` are ``class`` and ``stroke-width``. Numbers are short."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    if not inside:
        return Markup(f"<{name}{said}/>")  # noqa: S704  escaped above
    held = "".join(each if isinstance(each, Markup) else escape(visible(each)) for each in inside)
    return Markup(f"<{name}{said}>{held}</{name}>")  # noqa: S704  escaped above


def together(pieces: list[Markup]) -> Markup:
    return Markup("").join(pieces)


def drawing(width: float, height: float, label: str, pieces: list[Markup]) -> Markup:
    """All of it is one picture to who does not see it: its numbers are in a table."""
    return element(
        "svg",
        *pieces,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        aria_label=label,
        focusable="false",
    )


def path(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _value(value: str | float) -> Markup:
    return escape(visible(value) if isinstance(value, str) else number(value))

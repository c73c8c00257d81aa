"""The page without a browser: well-formed, of a bounded size, inert, and legible."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossferry_cli import words
from ossferry_cli.planning.cost import billed
from ossferry_cli.planning.deployment import Deployment
from ossferry_cli.planning.prices import prices_of
from ossferry_cli.report import page as page_module
from ossferry_cli.report.page import LARGE, SMALL, page
from tests.cli.report import samples

PAGES = {name: samples.drawn(raw) for name, raw in samples.ALL.items()}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><!-- <![CDATA[",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egpj.exe\u2066\x00\x1b[31m\ud800",
    "名" * 5000,
    "&lt;b&gt;" * 1000,
    "javascript:alert(1)",
]


def parsed(html: str) -> Any:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


@pytest.mark.parametrize("name", PAGES)
def test_it_is_well_formed(name: str) -> None:
    tree = parsed(PAGES[name])
    assert tree.attrib["lang"] == "en"
    levels = [each.tag for each in tree.iter() if each.tag in ("h1", "h2", "h3")]
    assert levels[0] == "h1"
    assert levels.count("h1") == 1
    ids = [each.attrib["id"] for each in tree.iter() if "id" in each.attrib]
    assert len(ids) == len({*ids})
    assert {"header", "main", "footer"} <= {each.tag for each in tree.iter()}


@pytest.mark.parametrize("region", ["cn-hangzhou", "ap-southeast-1"])
def test_a_price_is_the_sum_of_its_lines(region: str) -> None:
    """Each with the list that it is from; one that is not known is said to be so."""
    document = samples.document({**samples.small(), "memory_mb": 1024})
    cost = document.cost._replace(
        invocations=4, busy_seconds=100.0, gb_seconds=200.0, requests={"source": 9, "oss": 50_000}
    )
    price = billed(cost, Deployment(cpu=2.0), prices_of(region))
    cu, requests = price["lines"]
    # 2 vCPU, 2 GB as the report has it, and 0.5 GB of disk.
    assert cu["quantity"] == pytest.approx(100 * (2 + 0.3 + 0.025) + 4 * 0.0075, abs=0.01)
    assert requests["quantity"] == 50_000
    known = [each["price"] for each in price["lines"] if each["price"] is not None]
    assert price["known"] == pytest.approx(sum(known), rel=0.1)
    shown = " ".join(parsed(page(document, price)).itertext())
    for line in price["lines"]:
        assert f"{line['quantity']:,}" in shown
        assert (line["source"] or "price not known") in shown
    currency = price["currency"]
    assert f"{currency} {words.amount(price['known'])}" in shown
    assert ("not all of it" in shown) == (not price["complete"])


@pytest.mark.parametrize("proof", ["source_crc64", "source_crc64nvme", "source_crc32c"])
def test_a_checksum_of_the_source_is_explained_and_leaves_nothing_unproven(proof: str) -> None:
    note = "No checksum of the source was known"
    raw = next(raw for raw in samples.ALL.values() if raw.get("proof") == ["parts", "object"])
    assert note in page(samples.document(raw))
    proven = page(samples.document({**raw, "proof": [*raw["proof"], proof]}))
    assert note not in proven
    assert "is the one that the source&#39;s server sent" in proven


@pytest.mark.parametrize("name", PAGES)
def test_its_size_is_bounded(name: str) -> None:
    small = name not in ("10000", "large-bulk")
    assert len(PAGES[name].encode()) <= (SMALL if small else LARGE)


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_has_its_table(name: str) -> None:
    tree = parsed(PAGES[name])
    for section in tree.iter("section"):
        if section.find(".//figure") is not None:
            assert section.find("details//table") is not None


@pytest.mark.parametrize("name", PAGES)
def test_its_data_is_inside(name: str) -> None:
    raw = samples.ALL[name]
    held = _embedded(PAGES[name])
    assert held == json.loads(json.dumps(raw))


def test_data_that_is_too_large_is_left_out() -> None:
    raw = samples.transfer(10_000, 60, warnings=["x" * 190] * 10_000)
    raw["runs"][0]["error"] = {"type": "x", "message": "x" * LARGE}
    html = page(samples.document(raw))
    held = _embedded(html)
    assert len(html.encode()) <= LARGE
    assert "runs" in held["left_out"]


@pytest.mark.parametrize("name", PAGES)
def test_its_policy_lets_in_only_what_is_its_own(name: str) -> None:
    html = PAGES[name]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    for kind, text in (
        ("style", re.findall(r"<style>(.*?)</style>", html, re.S)),
        ("script", re.findall(r"<script>(.*?)</script>", html, re.S)),
    ):
        [content] = text
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]
    assert not re.search(r"\s(on\w+|style|src|href)=", html.partition("<body>")[2])


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", [0, 1])
def test_what_others_wrote_is_inert(text: str, place: int) -> None:
    _is_inert(samples.hostile(text)[place])


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_any_text_is_inert(text: str) -> None:
    for raw in samples.hostile(text):
        _is_inert(raw)


def _is_inert(raw: dict[str, Any]) -> None:
    """The same elements, whatever the texts are, and no character that is not seen."""
    other = samples.hostile("plain")[raw["kind"] == "bulk"]
    html = page(samples.document(raw))
    assert not CONTROL.search(html)
    tree = parsed(html)
    assert _shape(tree) == _shape(parsed(page(samples.document(other))))
    held = _embedded(html)
    assert "left_out" in held or held == json.loads(json.dumps(raw))
    assert len(html.encode()) <= LARGE


def _shape(tree: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.tag, tuple(sorted(each.attrib))) for each in tree.iter()]


def _embedded(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="report">(.*?)</script>', html, re.S)
    assert found is not None
    return json.loads(found[1])


STYLE = (Path(page_module.__file__).parent / "style.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.S)[:2]
)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_are_told_apart(colours: dict[str, str]) -> None:
    """WCAG 2.2: 4.5 for text, 3 for marks; and each shade is seen beside the next."""
    for text in ("ink", "quiet", "accent", "bad"):
        assert _contrast(colours[text], colours["ground"]) >= 4.5
    shades = [colours[f"s{number}"] for number in range(1, 5)]
    assert all(_contrast(shade, colours["ground"]) >= 3 for shade in shades)
    assert all(_contrast(a, b) >= 1.3 for a, b in pairwise(shades))
    assert _contrast(colours["accent"], colours["wash"]) >= 3


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    levels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in levels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b

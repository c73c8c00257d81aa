"""The page as people meet it: light, dark, on a phone, on paper, by keyboard, without script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page

from ossferry_cli import words
from tests.cli.report import samples

NAMES = [*samples.ALL, "hostile", "hostile-bulk"]
LARGE = [pytest.param(name, marks=pytest.mark.long) for name in ("10000", "large-bulk")]
SMALL = [name for name in NAMES if name not in ("10000", "large-bulk")]


@contextmanager
def opened(browser: Browser, path: Path, **options: Any) -> Iterator[Page]:
    """A page that asks for nothing but its file, and has nothing to complain about."""
    context = browser.new_context(**options)
    try:
        page = context.new_page()
        asked: list[str] = []
        heard: list[str] = []

        def dismissed(dialog: Dialog) -> None:
            heard.append(dialog.message)
            dialog.dismiss()

        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", dismissed)
        page.goto(path.as_uri())
        yield page
        assert asked == [path.as_uri()]
        assert heard == []
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*SMALL, *LARGE])
def test_nothing_bars_anybody(
    browser: Browser, pages: dict[str, Path], name: str, scheme: Any
) -> None:
    """By axe, with all that can be opened open."""
    with opened(browser, pages[name], color_scheme=scheme, bypass_csp=True) as page:
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found = Axe().run(page, options={"resultTypes": ["violations"]})
    said = [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]]
    assert said == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("script", [True, False])
def test_a_phone_shows_it_without_moving_sideways(
    browser: Browser, pages: dict[str, Path], name: str, script: bool
) -> None:
    size: Any = {"width": 360, "height": 800}
    with opened(browser, pages[name], viewport=size, java_script_enabled=script) as page:
        width = page.locator("html").evaluate("html => html.scrollWidth")
        assert width <= 360
        assert page.locator("h1").is_visible()
        for details in page.locator("details").all():
            details.locator("summary").click()
            assert details.locator("table").first.is_visible()
        assert page.locator("html").evaluate("html => html.scrollWidth") <= 360


@pytest.mark.parametrize("name", samples.ALL)
def test_what_it_shows_is_what_was_measured(
    browser: Browser, pages: dict[str, Path], name: str
) -> None:
    raw = samples.ALL[name]
    with opened(browser, pages[name]) as page:
        assert json.loads(page.locator("#report").text_content() or "") == json.loads(
            json.dumps(raw)
        )
        terms = page.locator(".figures dt").all_text_contents()
        values = page.locator(".figures dd b").all_text_contents()
        shown = dict(zip(terms, values, strict=True))
        if raw["kind"] == "bulk":
            for outcome in ("items", "copied", "failed", "waiting"):
                if outcome in raw["counts"]:
                    assert shown[outcome] == f"{raw['counts'][outcome]:,}"
            assert page.locator("#failed tbody tr").count() == min(500, raw["failed_in_all"])
        else:
            assert shown["size"] == words.size(raw["source"]["size"])
            if raw["runs"]:
                assert shown.get("parts", "0") == f"{raw['parts']['count']:,}"
                assert shown["children"] == f"{raw['children']['invocations']:,}"
        if name == "128":
            assert page.locator("rect.m").count() == 128
        assert page.locator("rect").count() <= 9000


def test_every_control_is_reached_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    """In their order; arrows go from mark to mark, and say each."""
    for name in ("throttled", "bulk"):
        with opened(browser, pages[name]) as page:
            wanted = page.locator("summary, input, .chart, .wide").evaluate_all(
                "all => all.filter(each => each.checkVisibility()).length"
            )
            reached = 0
            for _ in range(wanted):
                page.keyboard.press("Tab")
                reached += page.evaluate(
                    "document.activeElement.matches('summary, input, .chart, .wide')"
                )
            assert reached == wanted
            chart = page.locator(".chart", has=page.locator(".m")).first
            chart.focus()
            readout = page.locator("figure", has=chart).locator(".readout")
            said = set()
            for key in ("ArrowRight", "ArrowRight", "End"):
                page.keyboard.press(key)
                said.add(readout.text_content())
            assert len(said) == 3
            assert page.locator(".m.on").count() == 1
            summary = page.locator("summary").first
            summary.focus()
            page.keyboard.press("Enter")
            assert page.locator("details").first.get_attribute("open") is not None


def test_failed_items_are_filtered(browser: Browser, pages: dict[str, Path]) -> None:
    with opened(browser, pages["bulk"]) as page:
        page.get_by_label("Show only rows with").fill("/16.JPG")
        assert page.locator("#failed tbody tr:visible").count() == 1
        assert page.locator("#matching").text_content() == "1 of 17"
        page.get_by_label("Show only rows with").fill("")
        assert page.locator("#failed tbody tr:visible").count() == 17


def test_without_script_nothing_is_offered_that_needs_it(
    browser: Browser, pages: dict[str, Path]
) -> None:
    with opened(browser, pages["bulk"], java_script_enabled=False) as page:
        assert not page.locator(".filter").is_visible()
        assert page.locator(".readout:visible").count() == 0
        assert page.locator("#failed tbody tr:visible").count() == 17
        assert page.locator("svg").first.is_visible()


@pytest.mark.parametrize("name", ["throttled", "bulk"])
def test_it_is_printed(browser: Browser, pages: dict[str, Path], name: str) -> None:
    with opened(browser, pages[name], color_scheme="dark") as page:
        assert page.pdf(format="A4").startswith(b"%PDF-")
        page.emulate_media(media="print")
        ground = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
        assert not page.locator(".filter, .readout").first.is_visible()

"""A browser to look at pages with: the system's Chromium, which asks nobody for anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.cli.report import samples

_NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Fails where it can be installed, which is wherever apt-get is; skips elsewhere.

    As long as it runs, no other test of this process can have a loop of asyncio.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        said = "no Chromium is installed: apt-get install -y chromium, as root, and run this again"
        if shutil.which("apt-get"):
            pytest.fail(said)
        pytest.skip("no Chromium is installed, and there is no apt-get to install it with")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each sample as a file, and hostile ones."""
    folder = tmp_path_factory.mktemp("pages")
    text = '</script><script>alert(1)</script>"><img src=http://127.0.0.1:9/ onerror=alert(1)>'
    one, many = samples.hostile(text + "名" * 900)
    found = {}
    for name, raw in {**samples.ALL, "hostile": one, "hostile-bulk": many}.items():
        found[name] = folder / f"{name}.html"
        found[name].write_text(samples.drawn(raw), "utf-8")
    return found

"""The page that shows how the copy went, drawn of the report that the function left in OSS."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ossferry_cli.report.document import read
from ossferry_cli.report.page import page
from tests.localcloud.client import LocalCloud

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

FOLDER = Path("build")
_SHOWN: ViewportSize = {"width": 1000, "height": 1060}
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def write_report(cloud: LocalCloud, reply: Mapping[str, Any], folder: Path = FOLDER) -> Path:
    """Where the page is; it replaces that of the last demo."""
    document = read(cloud.bucket.get_object(reply["report"]["key"]).read())
    folder.mkdir(exist_ok=True)
    growing, path = folder / f"report.{os.getpid()}.html", folder / "report.html"
    growing.write_text(page(document), "utf-8")
    growing.replace(path)
    return path


def photograph(page_file: Path, folder: Path) -> list[Path]:
    """The top of the page as ``FOLDER/report-light.png`` and ``-dark.png``, by Chromium."""
    from playwright.sync_api import sync_playwright

    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for theme in _THEMES:
            opened = browser.new_page(viewport=_SHOWN, color_scheme=theme)
            opened.goto(page_file.resolve().as_uri())
            taken.append(folder / f"report-{theme}.png")
            opened.screenshot(path=taken[-1])
        browser.close()
    return taken

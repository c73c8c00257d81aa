"""The page that shows how the copy went, drawn of the report that the function left in OSS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ossferry_cli.report.document import read
from ossferry_cli.report.page import page
from tests.localcloud.client import LocalCloud

FOLDER = Path("build")


def write_report(cloud: LocalCloud, reply: Mapping[str, Any], folder: Path = FOLDER) -> Path:
    """Where the page is; it replaces that of the last demo."""
    document = read(cloud.bucket.get_object(reply["report"]["key"]).read())
    folder.mkdir(exist_ok=True)
    growing, path = folder / f"report.{os.getpid()}.html", folder / "report.html"
    growing.write_text(page(document), "utf-8")
    growing.replace(path)
    return path

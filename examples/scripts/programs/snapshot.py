"""What a page is today, as a line of crontab might keep it: one object for each day."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from urllib.request import urlopen


def snapshot(file: Path, folder: Path) -> None:
    day = datetime.now(timezone.utc).date()
    with urlopen(os.environ["PAGE"], timeout=60) as page:
        (folder / f"{day}.html").write_bytes(page.read())

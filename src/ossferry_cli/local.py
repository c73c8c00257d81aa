"""The local cloud of a clone, found by the file that ``make cloud`` writes while it runs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .problems import Problem

VARIABLE = "OSSFERRY_CLOUD"
FILE = Path("build", "cloud.json")
_NONE = "no local cloud runs here: start one in a clone with make cloud, and call this there"


def local_cloud(environ: Mapping[str, str], folder: Path) -> Mapping[str, Any]:
    """What the cloud says of itself: the file that ``OSSFERRY_CLOUD`` names, or that of the
    nearest clone above this folder."""
    named = environ.get(VARIABLE)
    places = [Path(named)] if named else [each / FILE for each in (folder, *folder.parents)]
    for place in places:
        try:
            cloud = json.loads(place.read_text("utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            raise Problem(f"{place} cannot be read: stop make cloud, and start it again") from None
        if not _is_alive(int(cloud["pid"])):
            raise Problem(f"the local cloud that {place} tells of has ended: make cloud starts one")
        return dict(cloud)
    raise Problem(_NONE)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True

"""Where this server finds what it deploys: the two variables of its own environment.

They are for tests, which deploy functions of their own; everything else is in CloudConfig.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.localcloud.config import REPOSITORY


def template() -> Path:
    """Return the s.yaml that is deployed, the project's own unless LOCALCLOUD_TEMPLATE is set."""
    return Path(os.environ.get("LOCALCLOUD_TEMPLATE", REPOSITORY / "s.yaml"))


def runtime_packages() -> Path:
    """Return the folder of the packages that a deployed function has beside its code."""
    return Path(os.environ.get("LOCALCLOUD_RUNTIME_PACKAGES", REPOSITORY / ".venv" / "runtime"))

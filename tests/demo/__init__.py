"""The demo: a transfer in a local cloud that a person watches, and the page about it."""

from __future__ import annotations

import sys

from tests.localcloud.config import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "src"))

"""Seeded schedules of everything that can go wrong, and what must hold after each of them.

``schedule`` makes a schedule of a seed, ``trial`` runs it on a local cloud and judges what came of
it; ``python -m tests.e2e.chaos`` runs as many as one likes.
"""

import sys

from tests.localcloud.config import REPOSITORY

# The plan by which kills are judged is that of this checkout, which is deployed, never installed.
sys.path.insert(0, str(REPOSITORY / "src"))

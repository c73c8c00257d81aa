"""Transfers of all sizes in virtual time: the real decisions of ``spread``, and everything that
copies, or is copied from, as a model. No sockets, no threads, no waiting.

``simulate(situation)`` in ``run`` gives an ``Outcome``; ``broken`` in ``promises`` says what is
wrong with one. Run outside of pytest, it finds the code by itself.
"""

from __future__ import annotations

import sys

from tests.localcloud.config import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "src"))

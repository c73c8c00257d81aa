"""Whatever happens, in whatever order: transfers against a model of what may be in the object.

Hypothesis chooses what the source, OSS and other people do, between the requests of a transfer and
at any of them. ``source`` is a source that changes, ``oss`` an OSS that misbehaves, ``moments``
counts the requests to both. ``events`` are what is asked, ``world`` has ossferry do it,
``judge`` says what may have come of it, ``machine`` has the rules, ``choices`` what they choose
from; ``python -m tests.model --steps 10000`` takes as many steps as one likes.
"""

from __future__ import annotations

import sys

from tests.localcloud.config import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "src"))

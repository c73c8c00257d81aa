"""A second origin, hostile and byte by byte, that shares neither code nor an idea of HTTP with the
first.

``dialogues`` is the table: scripts and their only right outcomes, written from the RFCs and from
what goes wrong in the field, never from what the code does. ``server`` plays a script, ``stage``
has ossferry take part in it, ``strict`` says what strict clients make of the same bytes, ``fuzz``
mutates good replies. Everything of ossferry that is used here is named in ``readers`` alone.
"""

from __future__ import annotations

import sys

from tests.localcloud.config import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "src"))

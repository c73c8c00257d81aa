"""Jobs of many items, what they thaw, their lists, and what triggers send."""

from __future__ import annotations

from tests.mutation.by_hand.row import ByHand

ROWS: tuple[ByHand, ...] = ()

"""Other clouds and other accounts, the depot, events, and Function Compute."""

from __future__ import annotations

from tests.mutation.by_hand.row import ByHand

ROWS: tuple[ByHand, ...] = ()

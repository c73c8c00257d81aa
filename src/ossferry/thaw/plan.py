"""What restoring would take, as quantities: whoever pays knows its prices. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..archived import ARCHIVED, fitted, state_of
from ..entries import Entry
from ..errors import NotConfirmed
from ..jobs import Thaw

_GIB = 1024**3


def terms_of(thaw: Thaw) -> dict[str, object]:
    """What is asked for of each class: OSS does not have all days and tiers for all of them."""
    terms = {name: fitted(name, thaw.days, thaw.tier) for name in ARCHIVED}
    return {
        name: {"days": each.days, **({"tier": each.tier} if each.tier else {})}
        for name, each in terms.items()
    }


class Plan:
    """Counts objects as they are listed."""

    def __init__(self, thaw: Thaw) -> None:
        self._thaw = thaw
        self._objects: Counter[tuple[str, str]] = Counter()
        self._bytes: Counter[tuple[str, str]] = Counter()

    def count(self, entries: Iterable[Entry], now: float) -> None:
        for entry in entries:
            place = entry.storage_class, state_of(entry.storage_class, entry.restore, now)
            self._objects[place] += 1
            self._bytes[place] += entry.size

    @property
    def frozen(self) -> tuple[int, int]:
        """Objects and bytes that would be restored."""
        return self._sum(self._objects), self._sum(self._bytes)

    def _sum(self, counts: Counter[tuple[str, str]]) -> int:
        return sum(count for (_, state), count in counts.items() if state == "frozen")

    def require_confirmed(self) -> None:
        """``NotConfirmed`` if it is more than the event takes for granted."""
        limit, (objects, size) = self._thaw.confirm_above, self.frozen
        if limit is not None and (objects if limit.unit == "objects" else size) > limit.amount:
            raise NotConfirmed(
                f"{objects} objects with {size / _GIB:.3f} GiB would be restored, which is more"
                " than confirm_above: nothing was asked for; send this again without"
                " confirm_above, or with a higher one, if they are to be"
            )

    def to_json(self) -> dict[str, object]:
        """By class: what would be restored, on what terms, and what need not be."""
        classes = {name for (name, state) in self._objects if state == "frozen"}
        return {
            "restore": {name: self._restore(name) for name in sorted(classes)},
            "restoring": self._states("restoring"),
            "readable": self._states("readable"),
        }

    def _states(self, wanted: str) -> dict[str, int]:
        return {name: n for (name, state), n in sorted(self._objects.items()) if state == wanted}

    def _restore(self, name: str) -> dict[str, object]:
        """Archive has no temporary copies that are billed."""
        terms = fitted(name, self._thaw.days, self._thaw.tier)
        place = name, "frozen"
        size = self._bytes[place]
        return {
            "objects": self._objects[place],
            "bytes": size,
            "requests": self._objects[place],
            "days": terms.days,
            **({"tier": terms.tier} if terms.tier else {}),
            "temporary_gib_days": round(size / _GIB * terms.days, 3) if terms.tier else 0,
        }

"""The function that verbs are for: chosen when the first of them needs it, and then kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cached_property
from types import TracebackType
from typing import TypeVar

from ..fc.api import FunctionApi
from ..function import Function, chosen
from ..which import Which

_Self = TypeVar("_Self", bound="Reached")


class Reached:
    """One function, and one session for it."""

    def __init__(
        self,
        function: str | None = None,
        *,
        region: str | None = None,
        profile: str | None = None,
        local: bool = False,
    ) -> None:
        """``function`` is a name, ``name:alias``, or ``service$function`` of FC 2.0; ``profile``
        that of credentials; ``local`` the cloud that ``make cloud`` runs."""
        which = Which(function, region, local, profile)
        self._choose: Callable[[], Function] = lambda: chosen(which, warn=_warn)
        self._said = [each for each in (function, region, "local" if local else None) if each]

    @classmethod
    def choosing(cls: type[_Self], choose: Callable[[], Function]) -> _Self:
        """For who chooses otherwise, when it is needed: the command, and tests."""
        reached = cls()
        reached._choose = choose
        return reached

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._said)})"

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Its connections to Function Compute; what was asked for goes on."""
        if "_api" in self.__dict__:
            self._api.close()

    @property
    def bucket(self) -> str | None:
        """Where the function copies to if an event does not say, as far as that is known here."""
        return self._function.bucket

    @cached_property
    def _function(self) -> Function:
        return self._choose()

    @cached_property
    def _api(self) -> FunctionApi:
        return FunctionApi(self._function)


def _warn(sentence: str) -> None:
    """About where credentials lie, which is nothing that verbs reply."""
    warnings.warn(sentence, stacklevel=2)

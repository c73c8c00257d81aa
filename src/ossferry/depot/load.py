"""Dependencies and data that are too large for the package: zips in OSS, unpacked to folders.

Only an initializer loads this, and only where ``OSSFERRY_DEPOT`` is set. The zips are fetched side
by side, each by parallel ranges, and a folder that is there already is left alone.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from ..context import Context
from ..copying.copy_job import SourceRef
from ..errors import DepotUnusable, FerryError, SourceGone, SourceRefused
from ..http.netguard import NetGuard
from ..log import log
from ..names import ObjectName
from ..oss.endpoint import oss_endpoint
from ..oss.signing import object_url
from ..retry import DEFAULT_POLICY, call
from ..roles.assumed import signing_for
from ..settings import DepotEntry, Settings
from ..source.probe import Source, probe
from ..stop import Stop
from .download import Download
from .folder import is_there, publish, staging
from .side_by_side import side_by_side
from .unpack import unpack

_LONGEST = 300.0  # seconds that Function Compute gives an initializer, at the most
_CLOCK_SKEW = 15 * 60  # seconds by which its clock and that of OSS may differ
_WIDTH = 4  # entries at once, each with as many streams as a transfer has
_HINTS: Mapping[type[FerryError], str] = {
    SourceGone: "there is no such object: put it there, or correct OSSFERRY_DEPOT",
    SourceRefused: "OSS refused it: it has to be in the function's region, and the function's role"
    " needs oss:GetObject on it",
}


def load(context: Context, settings: Settings) -> None:
    """Put every entry in its folder, and those that hold Python code on ``sys.path``.

    Idempotent. Raises ``DepotUnusable``; then no folder is there by half.
    """
    depot, stop = _Depot(context, settings), Stop()
    side_by_side([partial(depot.put, entry, stop) for entry in settings.depot], stop, _WIDTH)
    _make_importable([entry.folder for entry in settings.depot])


class _Depot:
    """What the entries have in common."""

    def __init__(self, context: Context, settings: Settings) -> None:
        self._context = context
        self._settings = settings
        self._guard = NetGuard(settings.allow_networks)
        self._deadline = time.monotonic() + _LONGEST

    def put(self, entry: DepotEntry, stop: Stop) -> None:
        """Make the entry's folder, unless it is there."""
        started = time.monotonic()
        with _telling(entry):
            source = self._probe(entry)
            version = f"{source.size} bytes, {source.ref.pin.etag}"
            fetched = not is_there(entry.folder, version)
            if fetched:
                self._fetch(entry, source, version, stop)
        seconds = round(time.monotonic() - started, 4)
        log("depot.ready", entry=str(entry), size=source.size, fetched=fetched, seconds=seconds)

    def _probe(self, entry: DepotEntry) -> Source:
        region = self._context.region
        name = ObjectName(region, entry.bucket, entry.key)
        url = object_url(
            name,
            oss_endpoint(region, self._context, self._settings),
            signing_for(name, self._context, self._settings)(),
            date=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
            lifetime=int(_LONGEST) + _CLOCK_SKEW,
        )
        look = partial(probe, SourceRef(url), self._guard, self._deadline)
        return call(look, DEFAULT_POLICY, deadline=self._deadline)

    def _fetch(self, entry: DepotEntry, source: Source, version: str, stop: Stop) -> None:
        download = Download(source, self._guard, deadline=self._deadline, stop=stop)
        with staging(entry.folder) as beside:
            download.write_to(f"{beside}/zip", self._settings.streams)
            unpack(f"{beside}/zip", f"{beside}/fresh")
            publish(f"{beside}/fresh", entry.folder, version, aside=f"{beside}/former")


@contextmanager
def _telling(entry: DepotEntry) -> Iterator[None]:
    """Whatever goes wrong becomes a ``DepotUnusable`` that says with which entry."""
    try:
        yield
    except FerryError as error:
        said = _HINTS.get(type(error), error.message)
        raise DepotUnusable(f"{entry}: {said}") from error
    except OSError as error:
        said = error.strerror or type(error).__name__
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            said = "the disk is full: give the function a larger one, with room for zip and content"
        raise DepotUnusable(f"{entry}: {said}") from error


def _make_importable(folders: Sequence[str]) -> None:
    """After the function's own code, which nothing in a depot may replace, and before what the
    runtime brings, which a depot may want to have newer."""
    code = os.path.abspath(f"{__file__}/../../..")
    position = sys.path.index(code) + 1 if code in sys.path else 0
    new = [folder for folder in folders if folder not in sys.path and _holds_code(folder)]
    sys.path[position:position] = new
    importlib.invalidate_caches()


def _holds_code(folder: str) -> bool:
    """Whether there is a module or a package right in it."""
    return any(
        name.endswith((".py", ".so")) or os.path.exists(os.path.join(folder, name, "__init__.py"))
        for name in os.listdir(folder)
    )

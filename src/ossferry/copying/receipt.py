"""What a child has done so far, in OSS for whoever goes on if nobody hears its answer.

A small object, PUT to a URL that the coordinator signed, and sealed with the secret of the record
that the parts are of: so one that was damaged, forged, or is of another upload proves nothing.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from types import TracebackType
from typing import NamedTuple

from ..errors import FerryError
from ..log import log
from ..urls import Url
from .copy_job import CopiedPart, copied_parts, seal
from .upload import Uploader

INTERVAL = 2.0  # seconds between two PUTs; a slice that is done by then has none
_PATIENCE = 10.0  # seconds that a PUT may take
_GOODBYE = 0.5  # seconds in which one that was called off ends
_KIND = "receipt"
_VERSION = 1


class Receipt(NamedTuple):
    """``sent`` are bytes of further parts that are on their way, for whoever watches."""

    parts: tuple[CopiedPart, ...]
    sent: int = 0

    def encode(self, secret: str) -> bytes:
        parts = [part.row for part in self.parts]
        document = {"kind": _KIND, "version": _VERSION, "parts": parts, "sent": self.sent}
        return json.dumps({**document, "seal": seal(document, secret)}).encode()

    @classmethod
    def decode(cls, text: bytes, secret: str) -> Receipt | None:
        """The receipt, if it was sealed with this secret; anything else is as good as none."""
        try:
            document = json.loads(text)
            if not secret or (document["kind"], document["version"]) != (_KIND, _VERSION):
                return None
            if not hmac.compare_digest(seal(document, secret), str(document["seal"])):
                return None
            return cls(copied_parts(document["parts"]), int(document["sent"]))
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            return None


class ReceiptWriter:
    """Within its ``with`` block, what is done is in OSS ``interval`` seconds later.

    By a thread of its own, so nobody waits for it, not even at the end: what is under way then is
    given up, because the child's answer says as much. What fails is tried again an interval later.
    """

    def __init__(
        self, url: Url, secret: str, look: Callable[[], Receipt], interval: float = INTERVAL
    ) -> None:
        self._url = url
        self._secret = secret
        self._look = look
        self._interval = interval
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._uploader: Uploader | None = None
        self._thread = threading.Thread(target=self._run, name="receipt", daemon=True)

    def __enter__(self) -> ReceiptWriter:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._over.set()
            if self._uploader:
                self._uploader.interrupt()
        self._thread.join(_GOODBYE)

    def _run(self) -> None:
        written, told = 0, False
        while not self._over.wait(self._interval):
            receipt = self._look()
            if len(receipt.parts) == written:
                continue
            try:
                self._put(receipt.encode(self._secret))
                written = len(receipt.parts)
            except FerryError as error:
                if not (told or self._over.is_set()):
                    log("receipt.not_written", "warning", reason=error.message)
                    told = True

    def _put(self, text: bytes) -> None:
        with closing(Uploader(time.monotonic() + _PATIENCE)) as uploader:
            with self._lock:
                self._uploader = uploader
                if self._over.is_set():
                    return
            uploader.begin(self._url, {}, len(text))
            uploader.send(memoryview(text))
            uploader.finish()

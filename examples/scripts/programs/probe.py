"""Asks a page whether it is well; tells a group of DingTalk when it is not, and when it is again.

What is known from last time is in the file, and what is to be known next time goes into the folder.
If the group cannot be told, this fails, nothing is kept, and the next time tries again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from pathlib import Path
from urllib.parse import quote_plus
from urllib.request import Request, urlopen

ALERT_AFTER = 3  # failures in a row
PATIENCE = 10  # seconds


def probe(file: Path, folder: Path) -> None:
    known = json.loads(file.read_text() or "{}")
    failures, told = known.get("failures", 0), known.get("told", False)
    began = time.monotonic()
    reason = ill(os.environ["URL"])
    seconds = round(time.monotonic() - began, 3)
    failures = failures + 1 if reason else 0
    if reason and failures >= ALERT_AFTER and not told:
        tell(f"Not well, {failures} times in a row: {reason}")
        told = True
    if not reason and told:
        tell(f"Well again, after {seconds} s")
        told = False
    state = {"failures": failures, "told": told, "reason": reason, "seconds": seconds}
    (folder / "state.json").write_text(json.dumps(state))


def ill(url: str) -> str:
    """Why it is not well; "" if it is."""
    try:
        with urlopen(url, timeout=PATIENCE) as reply:
            reply.read(1 << 20)
    except OSError as error:  # of the network, or a status that is an error
        return str(error)
    return ""


def tell(text: str) -> None:
    message = {"msgtype": "text", "text": {"content": text}}
    address = os.environ["WEBHOOK"] + signature(os.environ.get("SECRET"), time.time())
    headers = {"Content-Type": "application/json"}
    with urlopen(
        Request(address, json.dumps(message).encode(), headers), timeout=PATIENCE
    ) as reply:
        answer = json.load(reply)
    if answer.get("errcode") != 0:
        raise SystemExit(f"DingTalk did not take it: {answer.get('errmsg')}")


def signature(secret: str | None, now: float) -> str:
    """What DingTalk wants in an address of a robot that has a secret; the address has a query."""
    if not secret:
        return ""
    moment = round(now * 1000)
    digest = hmac.digest(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256)
    return f"&timestamp={moment}&sign={quote_plus(base64.b64encode(digest))}"

"""Other clouds and other accounts, the depot, events, and Function Compute."""

from __future__ import annotations

from tests.mutation.by_hand.row import ByHand

ROWS = (
    ByHand(
        "origins/credentials.py",
        "that keys are for the buckets that are spelt, dots and all",
        '".*".join(map(re.escape, self.bucket.split("*")))',
        'self.bucket.replace("*", ".*")',
    ),
    ByHand(
        "origins/credentials.py",
        "that keys are for a whole name, and not for all that begins like it",
        "re.fullmatch(anything, name.bucket)",
        "re.match(anything, name.bucket)",
    ),
    ByHand(
        "origins/signing.py",
        "to encode the key of a public bucket",
        "{quote(path, safe='/~')}{'?' if pairs else ''}",
        "{path}{'?' if pairs else ''}",
    ),
    ByHand(
        "origins/listing.py",
        "that a store which begins anew each time would be gone over for ever",
        "            if page.entries and not token and not first:\n",
        "            if page.entries and not token and first is None:\n",
    ),
    ByHand(
        "origins/listing.py",
        "when a store in a bad mood wants to be asked again",
        "return SourceBusy(said, retry_after(headers))",
        "return SourceBusy(said)",
    ),
    ByHand(
        "origins/pages.py",
        "that a plus in a key of COS is a plus",
        'plain = text.replace("+", " ") if store == "s3" else text',
        'plain = text.replace("+", " ")',
    ),
    ByHand(
        "origins/xml.py",
        "that a document which declares something may be made to do harm",
        "    parser.StartDoctypeDeclHandler = reading.refuse\n",
        "",
    ),
    ByHand(
        "roles/assumed.py",
        "that an instance keeps few sessions",
        "        _sessions.pop(next(iter(_sessions)), None)\n",
        "        break\n",
    ),
    ByHand(
        "roles/assumed.py",
        "that the function's own keys are others when an event is tried again",
        "key = (context.request_id, role, endpoint, context.credentials)",
        "key = (context.request_id, role, endpoint)",
    ),
    ByHand(
        "roles/assumed.py",
        "that STS has just refused",
        "if self._refusal and time.monotonic() < self._refused + _AGAIN:",
        "if self._refusal and time.monotonic() < self._refused:",
    ),
    ByHand(
        "roles/assumed.py",
        "that STS has just given no new keys",
        "                self._renew = time.time() + _AGAIN\n",
        "",
    ),
    ByHand(
        "roles/assumed.py",
        "that nobody waits who has keys that are good",
        "self._lock.acquire(blocking=not good)",
        "self._lock.acquire()",
    ),
    ByHand(
        "roles/sts.py",
        "that an endpoint may be silent",
        "until = min(deadline, time.monotonic() + _PATIENCE)",
        "until = deadline",
    ),
    ByHand(
        "depot/download.py",
        "that a disk may take a part of what is written",
        "    while view:\n",
        "    if view:\n",
    ),
    ByHand(
        "depot/load.py",
        "that another zip may be as long",
        'version = f"{source.size} bytes, {source.ref.pin.etag}"',
        'version = f"{source.size} bytes"',
    ),
    ByHand(
        "depot/load.py",
        "that nothing in a depot replaces the function's own code",
        "position = sys.path.index(code) + 1 if code in sys.path else 0",
        "position = 0",
    ),
    ByHand(
        "depot/folder.py",
        "that another instance may be on its way",
        "            if os.stat(path).st_mtime < time.time() - _ABANDONED:\n"
        "                shutil.rmtree(path, ignore_errors=True)\n",
        "            shutil.rmtree(path, ignore_errors=True)\n",
    ),
    ByHand(
        "depot/folder.py",
        "that another instance may have been faster",
        "        if is_there(folder, version):\n            return\n",
        "",
    ),
    ByHand(
        "depot/unpack.py",
        "that a file may be where a folder has to be",
        "    if clash := files & folders:\n"
        '        raise DepotUnusable(f"it has {min(clash)!r} twice")\n',
        "",
    ),
    ByHand(
        "fc/session.py",
        "to keep a connection for each call at once",
        "(pool_maxsize=calls)",
        "()",
    ),
    ByHand(
        "fc/session.py",
        "that a child may never answer",
        "                timeout=self._timeouts,\n",
        "",
    ),
    ByHand(
        "fc/session.py",
        "that an error of a request may quote it",
        "broke off: {type(error).__name__}",
        "broke off: {error}",
    ),
    ByHand(
        "fc/invoker.py",
        "that an instance may fork for another transfer",
        "            self._session.close()  #",
        "            pass  #",
    ),
    ByHand(
        "events/parse.py",
        "that lists in lists stay so when they are sent on",
        "                    entry = [entry]\n",
        "                    pass\n",
    ),
    ByHand(
        "events/thaw.py",
        "that what is behind a # may be a secret",
        'return url.reveal() == url.redacted and "#" not in source',
        "return url.reveal() == url.redacted",
    ),
    ByHand(
        "events/request.py",
        "that metadata may have a name twice, in another case",
        "len({name.lower() for name in named})",
        "len(named)",
    ),
    ByHand(
        "events/program.py",
        "that what gathers may write among what is gathered",
        "        if then:\n            _require_apart(source, then.target)\n",
        "",
    ),
    ByHand(
        "events/bulk.py",
        "that a prefix may be the beginning of the folder of records",
        "if prefix and (prefix.startswith(FOLDER) or FOLDER.startswith(prefix)):",
        "if prefix and prefix.startswith(FOLDER):",
    ),
)

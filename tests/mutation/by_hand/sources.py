"""What a source is known by, and how its server is spoken with."""

from __future__ import annotations

from tests.mutation.by_hand.row import ByHand

ROWS = (
    ByHand(
        "source/nodes.py",
        "that the first ETag of nodes has to come back",
        "if last.ref.pin == first.ref.pin:",
        "if True:",
    ),
    ByHand(
        "source/nodes.py",
        "that the first ETag may come back",
        "if last.ref.pin == first.ref.pin:",
        "if False:",
    ),
    ByHand(
        "source/nodes.py",
        "that a source with another ETag in each reply cannot be split",
        "splittable=now.splittable and not now.etag_dropped",
        "splittable=now.splittable",
    ),
    ByHand(
        "source/nodes.py",
        "that a dropped ETag is no missing one",
        "splittable=splittable, etag_dropped=True",
        "splittable=splittable",
    ),
    ByHand(
        "source/nodes.py",
        "that only a reply with its ETag is what another run knew",
        "if Identity.of(seen).has_etag_of(before)",
        "if Identity.of(seen).may_be_same(before)",
    ),
    ByHand(
        "source/identity.py",
        "that a dropped ETag matches nothing that had one",
        "if (self.etag_dropped and other.by_etag) or (other.etag_dropped and self.by_etag):",
        "if False:",
    ),
    ByHand(
        "source/identity.py",
        "that no ETag is not an ETag in common",
        "return bool(self.by_etag) and self.by_etag == other.by_etag",
        "return self.by_etag == other.by_etag",
    ),
    ByHand(
        "source/expectations.py",
        "to compare the second checksum",
        "if second and said and said != second:",
        "if False:",
    ),
    ByHand(
        "source/checks.py",
        "that parts may be without the second checksum",
        "if not algorithm or any(part.checksum != algorithm for part in parts):",
        "if not algorithm:",
    ),
    ByHand(
        "source/nodes.py",
        "that a source with a second checksum agrees with itself",
        "source.checks or source.crc64",
        "source.crc64",
    ),
    ByHand(
        "source/frozen.py",
        "how much of a transfer is kept",
        'error.message.partition("; ")[2]',
        '""',
    ),
    ByHand(
        "http/reply.py",
        "the drop after an unread answer",
        "if not self.complete or not self._keeps or self._until_close:",
        "if not self._keeps or self._until_close:",
    ),
    ByHand(
        "http/reply.py",
        "the drop of a connection on which something waits",
        "return not self._ahead and not decrypted and not self._incoming.poll(0)",
        "return not self._ahead and not decrypted",
    ),
    ByHand(
        "http/connection.py",
        "the drop where the next request goes elsewhere",
        "if self._socket is None or self._origin != url.origin:",
        "if self._socket is None:",
    ),
    ByHand(
        "http/reply.py",
        "bytes that were read ahead of the next reply",
        "return not self._ahead and not decrypted and",
        "return not decrypted and",
    ),
    ByHand(
        "http/netguard.py",
        "that nothing opens the metadata service",
        "if address in _METADATA or not {*_METADATA}.isdisjoint(_behind_nat64(address)):",
        "if address in _METADATA and not self._allowed:",
    ),
    ByHand(
        "http/dial.py",
        "TLS's farewell",
        "suppress_ragged_eofs=False",
        "suppress_ragged_eofs=True",
    ),
    ByHand(
        "http/connection.py",
        "that a reply is to what was asked ahead",
        "if self._ahead != text or self._origin != url.origin:",
        "if self._ahead is None:",
    ),
    ByHand(
        "http/connection.py",
        "that the same request may go to two servers",
        "if self._ahead != text or self._origin != url.origin:",
        "if self._ahead != text:",
    ),
    ByHand(
        "http/connection.py",
        "that a reply is read once",
        "        self._ahead = None\n        until",
        "        until",
    ),
    ByHand(
        "http/connection.py",
        "that a reply waits on a connection that is kept only",
        "if not self._reuse(url):\n            return\n",
        "self._reuse(url)\n",
    ),
    ByHand(
        "http/connection.py",
        "an interruption before there was a socket",
        "if self._interrupted or self._socket is None:",
        "if self._socket is None:",
    ),
    ByHand(
        "archived.py",
        "that a restore ends",
        'return "readable" if until is not None and now < until else "frozen"',
        'return "readable" if until is not None else "frozen"',
    ),
)

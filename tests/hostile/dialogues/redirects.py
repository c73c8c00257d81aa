"""Redirects that lead in circles, astray, or to what has expired; RFC 9110 section 15.4."""

from __future__ import annotations

from tests.hostile.dialogues.files import BIG, BY_PARTS, OLD, TWIN
from tests.hostile.outcomes import CHANGED, FORBIDDEN, NOT_HTTP, Row, Stored, row
from tests.hostile.scripts import always, by_target, in_turn, ranges, wholes
from tests.hostile.server import Request, Script, Step
from tests.hostile.spelling import sized

_OLD, _BIG = Stored(OLD.content), Stored(BIG.content)
_SECONDS = 8.0


def _moved(to: str, status: str = "302 Found") -> bytes:
    return sized(status, b"over there", f"Location: {to}")


def _chain(hops: int) -> Script:
    """So many redirects before the file."""

    def script(request: Request) -> list[Step]:
        hop = int(request.target.partition("hop")[2] or 0)
        return [_moved(f"/hop{hop + 1}")] if hop < hops else list(ranges(OLD)(request))

    return script


def _once_each(status: str) -> Script:
    """Each redirect leads to a URL of its own, which only the very next request finds fresh."""

    def script(request: Request) -> list[Step]:
        if "signed" not in request.target:
            return [_moved(f"/signed?Signature={request.number}")]
        fresh = request.target.endswith(f"={request.number - 1}")
        return list(ranges(BIG)(request)) if fresh else [sized(status, b"expired")]

    return script


def _astray(to: str, name: str) -> Row:
    """A redirect that must not be followed, not even by opening a connection."""
    return row(f"a redirect to {name}", always(_moved(to)), FORBIDDEN, seconds=_SECONDS, at_most=3)


ROWS: list[Row] = [
    row("five redirects", _chain(5), _OLD),
    row("fifty redirects", _chain(50), FORBIDDEN),
    row("a redirect to itself", always(_moved("/file")), FORBIDDEN),
    row(
        "redirects in a circle",
        by_target(file=_moved("/one"), one=_moved("/two"), two=_moved("/file")),
        FORBIDDEN,
    ),
    *(
        row(f"{status}", by_target(file=_moved("/there", status), there=ranges(OLD)), _OLD)
        for status in (
            "301 Moved Permanently",
            "302 Found",
            "303 See Other",
            "307 Temporary Redirect",
            "308 Permanent Redirect",
        )
    ),
    row("a redirect without a place", always(sized("302 Found", b"somewhere")), NOT_HTTP),
    row("a redirect to an empty place", always(_moved("")), FORBIDDEN),
    row(
        "a redirect with two places",
        always(sized("302 Found", b"", "Location: /a", "Location: /b")),
        NOT_HTTP,
        FORBIDDEN,
    ),
    row(
        "a redirect in UTF-8",
        by_target(file=_moved("/\u00c3\u00bcber"), **{"%C3%BCber": ranges(OLD)}),
        _OLD,
    ),
    row(
        "a redirect whose body never ends",
        by_target(
            file=sized("302 Found", b"x" * 100, "Location: /there").replace(b": 100", b": 100000"),
            there=ranges(OLD),
        ),
        _OLD,
    ),
    row(
        "a redirect to another port that nobody serves",
        always(_moved("http://127.0.0.1:1/")),
        NOT_HTTP,
        seconds=_SECONDS,
    ),
    # Other schemes are no sources, whoever names them.
    *(
        _astray(to, name)
        for name, to in {
            "a file": "file:///etc/passwd",
            "ftp": "ftp://127.0.0.1/file",
            "gopher": "gopher://127.0.0.1:<PORT>/_GET",
            "a script": "javascript:alert(1)",
            "data": "data:,hello",
            "a port that is none": "http://127.0.0.1:99999/",
            "a name with a blank": "http://exa mple/",
        }.items()
    ),
    # Addresses inside: judged before a connection is opened (who listens there counts them).
    *(
        _astray(to, name)
        for name, to in {
            "an address inside": "http://127.0.0.2:<PORT>/",
            "an address inside, as one number": "http://2130706434:<PORT>/",
            "an address inside, in hexadecimal": "http://0x7f000002:<PORT>/",
            "an address inside, in octal": "http://0177.0.0.2:<PORT>/",
            "an address inside, shortened": "http://127.2:<PORT>/",
            "an address inside, behind a name": "http://user@127.0.0.2:<PORT>/",
            "an address inside, in IPv6": "http://[::1]:<PORT>/",
            "an address inside, mapped": "http://[::ffff:127.0.0.2]:<PORT>/",
            "an address inside, translated": "http://[::ffff:0:7f00:2]:<PORT>/",
            "the metadata service": "http://100.100.100.200/latest/",
            "another cloud's metadata service": "http://169.254.169.254/",
            "every address at once": "http://0.0.0.0:<PORT>/",
        }.items()
    ),
    # A signed URL behind a redirect lives for minutes: whatever it answers then, walk there again.
    *(
        row(
            f"a signed URL that answers {status[:3]} when it has expired",
            _once_each(status),
            _BIG,
            event={**BY_PARTS, "streams": 1},
        )
        for status in ("400 Bad Request", "401 No", "403 No", "404 No", "410 Gone")
    ),
    row(
        "a signed URL that never was good",
        by_target(file=_moved("/signed"), signed=sized("400 Bad Request", b"no")),
        FORBIDDEN,
    ),
    *(
        row(
            f"a redirect that leads elsewhere the second time, {name}",
            by_target(
                file=in_turn(_moved("/there"), rest=_moved("/elsewhere")),
                there=serve(OLD),
                elsewhere=serve(TWIN),
            ),
            Stored(TWIN.content),
            CHANGED,
        )
        for name, serve in (("by ranges", ranges), ("read whole", wholes))
    ),
]

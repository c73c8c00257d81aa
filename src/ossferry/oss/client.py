"""oss2's own bucket, as the function uses it: which session, which signature, how quiet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import ParseError

import oss2
import requests
from urllib3.util import Timeout

from ..context import Signing
from ..errors import TargetRefused, TargetUnavailable
from ..tls_adapter import TlsAdapter
from .error import oss_error

CONTROL_TIMEOUT = 60  # seconds; no control request moves a body, but some copy inside OSS
RECORD_TIMEOUT = 10  # seconds, for what is small, and nobody ought to wait for
_CONNECTIONS = 16

# Below that it tells of each answer that is an error: "there is no such object", most often.
logging.getLogger("oss2").setLevel(logging.WARNING)


class _Provider:
    """Who signs, as oss2 asks for it."""

    def __init__(self, signing: Signing) -> None:
        self._signing = signing

    def get_credentials(self) -> oss2.credentials.Credentials:
        return oss2.credentials.Credentials(*self._signing()[:3])


class _Session(oss2.Session):  # type: ignore[misc]  # oss2 has no types
    """Asks before each request how long that may take."""

    def __init__(self, patience: Callable[[], float]) -> None:
        super().__init__(pool_size=_CONNECTIONS)
        self._patience = patience

    def do_request(self, req: oss2.http.Request, timeout: object) -> oss2.http.Response:
        """oss2 gives its own ``timeout``, once to connecting and once to each piece of an answer;
        here it is for all until the head of the answer is there."""
        return super().do_request(req, Timeout(total=self._patience()))


def client(
    name: str,
    region: str,
    endpoint: str,
    signing: Signing,
    patience: Callable[[], float],
) -> oss2.Bucket:
    """Signature V4, because OSS no longer offers V1 to new accounts.

    ``patience`` gives the seconds that a request which is about to be sent may take.
    """
    session = _Session(patience)
    session.session.trust_env = False  # neither proxies nor netrc
    # Signatures and tokens are for OSS: it is no redirect that leads to where a bucket is.
    session.session.get_redirect_target = lambda _: None
    session.session.mount("https://", TlsAdapter(pool_maxsize=_CONNECTIONS))
    return oss2.Bucket(
        oss2.ProviderAuthV4(_Provider(signing)),
        endpoint,
        name,
        session=session,
        enable_crc=False,
        region=region,
        is_verify_object_strict=False,  # OSS itself has nothing against a key like "?a"
    )


def is_missing(error: TargetRefused) -> bool:
    """Whether it is OSS's "there is no such object"."""
    cause = error.__cause__
    return (
        isinstance(cause, oss2.exceptions.ServerError)
        and cause.status == 404
        and cause.code != "NoSuchBucket"
    )


@contextmanager
def errors_of(bucket: str) -> Iterator[None]:
    """What oss2 raises within, as the errors that they are."""
    try:
        yield
    except oss2.exceptions.RequestError as error:
        cause = type(error.exception).__name__
        raise TargetUnavailable(f"OSS could not be reached: {cause}") from error
    except requests.RequestException as error:  # oss2 lets those of an answer's body through
        cause = type(error).__name__
        raise TargetUnavailable(f"the answer of OSS broke off: {cause}") from error
    except oss2.exceptions.OssError as error:
        there = error.details.get("Endpoint")
        raise oss_error(error.status, error.code, error.message, bucket, there) from error
    except (ParseError, RuntimeError, TypeError, ValueError) as error:
        # Of what oss2 reads answers by.
        cause = type(error).__name__
        raise TargetUnavailable(f"what came is no answer of OSS: {cause}") from error

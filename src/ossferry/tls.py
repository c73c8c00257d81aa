"""The certificates that the instance trusts, loaded once.

The system's, and those that the operator adds. Nothing here trusts less than the system does, and
nothing switches the check off.
"""

from __future__ import annotations

import os
import ssl
from functools import cache

from .errors import InvalidSettings
from .settings import CA_FILE

# Where ``index.py`` is: the folder of the code, whatever the instance's own folder is.
_CODE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# What OpenSSL makes of an answer that is no TLS: of plain HTTP, where TLS has its version.
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST")


@cache
def tls() -> ssl.SSLContext:
    """The one context of an instance: loading the certificates takes longer than a handshake."""
    context = ssl.create_default_context()
    if named := os.environ.get(CA_FILE):
        _add(context, named)
    return context


def _add(context: ssl.SSLContext, named: str) -> None:
    try:
        context.load_verify_locations(os.path.join(_CODE, named))
    except ssl.SSLError:
        raise InvalidSettings(
            f"the setting {CA_FILE} must name a file of certificates in PEM, each between BEGIN"
            f" CERTIFICATE and END CERTIFICATE: {named!r} is none"
        ) from None
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "no path"
        raise InvalidSettings(
            f"the setting {CA_FILE} must name a file in the package or in a layer: {named!r}"
            f" cannot be read, {reason}"
        ) from None


def not_tls(error: Exception) -> str | None:
    """What is said of a server that was refused for its certificate, or has none, and what to do;
    None for any other error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has a certificate that {_distrust(error.verify_code)}"
    if isinstance(error, ssl.SSLError) and error.reason in _NO_TLS:
        return "answers in plain http: use http:// in its URL"
    return None


def _distrust(code: int) -> str:
    """By the codes of OpenSSL's verification; see "X509_STORE_CTX_get_error" in its manual."""
    match code:
        case 9 | 10:
            return "has expired, or is not valid yet: whoever runs the server has to renew it"
        case 62 | 64:
            return "is for another host: use the name in the URL that it was issued for"
        case 18 | 19 | 20 | 21:
            return (
                "the system does not know: put that of its authority into the package or a layer,"
                f" as a PEM file, and name the file in the setting {CA_FILE}"
            )
    return "is not trusted"

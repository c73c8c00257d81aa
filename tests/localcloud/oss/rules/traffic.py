"""How fast a client allows its own request to be: ``x-oss-traffic-limit``."""

from __future__ import annotations

from tests.localcloud.oss.rules.refusals import invalid_argument

HEADER = "x-oss-traffic-limit"
_LEAST, _MOST = 819_200, 838_860_800


def bytes_per_second(bits: str) -> int:
    """Read a limit, which is in bits per second and may be in the URL as well."""
    if not (bits.isascii() and bits.isdigit() and _LEAST <= int(bits) <= _MOST):
        message = f"The traffic limit must be between {_LEAST} and {_MOST} bits per second."
        raise invalid_argument(message, HEADER, bits)
    return int(bits) // 8

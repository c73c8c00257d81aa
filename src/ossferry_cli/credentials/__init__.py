"""Whose keys a command of a person uses: found where the tools of Alibaba Cloud keep them.

One store wins, in an order that is the same always, and those that lose are named. Files are only
read; no SDK is imported unless a store says how to get keys rather than which.
"""

from .find import find
from .found import Credentials, CredentialsError, Found

__all__ = ["Credentials", "CredentialsError", "Found", "find"]

"""What is signed of a transfer for those who copy: good for a while, and then signed anew.

A URL ends with the keys that signed it, and those of a role that was assumed end before a long
transfer does.
"""

from __future__ import annotations

import time

from ..cloud import Cloud
from ..copying.copy_job import SourceRef
from ..jobs import TransferJob
from ..names import ObjectName

_SHARE = 0.9  # of the time that is left to keys: a child takes some to start


class Renewed:
    """For one thread."""

    def __init__(self, job: TransferJob, ref: SourceRef, cloud: Cloud) -> None:
        self._ref = ref
        self._cloud = cloud
        self._chosen = job.credentials
        self._roles = [cloud.signing(job.target)]
        name = job.source
        self._name = name if isinstance(name, ObjectName) and self._role(name) else None
        if self._name:
            self._roles.append(cloud.signing(self._name, self._chosen, reading=True))
            self._bucket = cloud.source_bucket(self._name, self._chosen)
            self._known = self._roles[-1]()

    def source(self) -> SourceRef:
        """Another one only if the keys are others."""
        if self._name and (keys := self._roles[-1]()) != self._known:
            self._ref = self._ref._replace(url=self._bucket.get_url(self._name.key))
            self._known = keys
        return self._ref

    def seconds(self) -> float:
        """For which URLs are good that are signed now, of the source and of the target."""
        ends = min(signing().ends for signing in self._roles)
        return max(0.0, ends - time.time()) * _SHARE

    def _role(self, name: ObjectName) -> str | None:
        return self._cloud.foreign.role(name, self._chosen)

"""``Ferry``: the verbs. Each asks for something, and gives the ``Task`` that it is, or a reply."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..asked.events import Wanted, encoded, event_of, thaw_event
from ..asked.programs import Run, Then, program_event
from ..asked.sources import address_of, target_of
from ..asked.submit import Submitted
from ..problems import Misuse, as_problems
from ..watching.known import known
from .fields import (
    Naming,
    Overwrite,
    Tier,
    addresses,
    count,
    selection,
    terms,
    terms_of_copy,
    texts,
)
from .listing import Listed, listed
from .lists import Given, list_of, opened
from .reached import Reached
from .sending import Sending, sent
from .task import Task


class Ferry(Reached):
    """A deployed function, with the verbs of the command ``ossferry``.

    Function, region and credentials are chosen as the command does it (docs/cli.md), once, when the
    first verb needs them: credentials that end need another ``Ferry``. Fields are called as the
    command's options are; None is not said. What plainly cannot be is a ``Misuse`` before anything
    is sent, all else that goes wrong a ``Problem``, and what only the function knows the end of the
    task. Each is one sentence, without secrets.

    One thread at a time. ``close``, or ``with``, ends its connections, and nothing else.
    """

    def copy(
        self,
        sources: str | Iterable[str] | None,
        target: str,
        *,
        list: Given | None = None,
        bulk: bool = False,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        naming: Naming | None = None,
        fail_above: int | str | None = None,
        overwrite: Overwrite | None = None,
        max_children: int | None = None,
        headers: Mapping[str, str] | None = None,
        storage_class: str | None = None,
        thaw: bool = False,
        days: int | None = None,
        tier: Tier | None = None,
        confirm_above: int | str | None = None,
        source_region: str | None = None,
        source_endpoint: str | None = None,
        credentials: str | None = None,
        target_region: str | None = None,
        dry_run: bool = False,
    ) -> Task:
        """``ossferry cp``: URLs, objects, a prefix or a list to an object, or below a prefix.

        ``sources`` are addresses, None if there is a ``list``: an address that the function can
        read, a file of this machine, or its content as bytes. ``fail_above`` is a count, or a share
        like ``5%``; ``confirm_above`` a count, or bytes like ``500GB``.

        Idempotent: the same again, also with URLs that are signed anew, attaches to the copy that
        runs, and copies nothing that is there already. ``dry_run`` invokes the function and waits:
        the task has ended, and its reply says what would be done.
        """
        with as_problems():
            to = target_of(target)
            address, own = list_of(list)
            given = addresses(sources)
            region = target_region or self._function.region
            restore = terms_of_copy(terms(days, tier, confirm_above), thaw)
            wanted = Wanted(
                sources=given,
                target=to,
                region=region,
                list=address,
                bulk=bulk,
                thaw=thaw,
                dry_run=dry_run,
                overwrite=overwrite,
                max_children=max_children,
                source_region=source_region,
                source_endpoint=source_endpoint,
                credentials=credentials,
                headers=headers or {},
                common={"storage_class": storage_class},
                selection=selection(include, exclude),
                terms={**restore, "naming": naming, "fail_above": count(fail_above)},
            )
            event = event_of(wanted)
            many = event.get("kind") == "bulk"
            return self._sent(Sending(event, many, to.bucket, region, own, dry_run=dry_run))

    def run(
        self,
        program: str,
        source: str | None = None,
        target: str | None = None,
        *,
        parameters: Mapping[str, str] | None = None,
        list: Given | None = None,
        then: Then | None = None,
        flush: bool = False,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        naming: Naming | None = None,
        fail_above: int | str | None = None,
        max_children: int | None = None,
        id: str | None = None,
        source_region: str | None = None,
        target_region: str | None = None,
        dry_run: bool = False,
    ) -> Task:
        """``ossferry run``: a deployed program over an object, over all below a prefix or in a
        ``list``, or alone without either. Its outputs go below ``target``.

        ``flush`` gathers what still waits for ``then``. ``id`` is in place of the one that follows
        from what is asked: a ``Problem`` if something else runs as it. Idempotent as ``copy`` is:
        outputs that are there are ``unchanged``. ``dry_run`` is for many.
        """
        with as_problems():
            address, own = list_of(list)
            to = None if target is None else target_of(target)
            given = None if source is None else address_of(source)
            region = target_region or self._function.region
            wanted = Run(
                program,
                given,
                to,
                region,
                list=address,
                source_region=source_region,
                parameters=parameters or {},
                then=then,
                flush=flush,
                many={
                    **selection(include, exclude),
                    "naming": naming,
                    "fail_above": count(fail_above),
                    "max_children": max_children,
                    "dry_run": dry_run,
                },
            )
            event, bucket = program_event(wanted), to.bucket if to else None
            return self._sent(Sending(event, wanted.is_many, bucket, region, own, id, "", dry_run))

    def thaw(
        self,
        prefix: str,
        *,
        days: int | None = None,
        tier: Tier | None = None,
        confirm_above: int | str | None = None,
        source_region: str | None = None,
        dry_run: bool = False,
    ) -> Task:
        """``ossferry thaw``: restore what is archived below ``oss://bucket/prefix``, for ``days``.

        Its task ends when all is readable, up to two days later. That costs money: ``dry_run`` says
        how much data it is, and ``confirm_above`` refuses more. Idempotent.
        """
        with as_problems():
            place = target_of(prefix)
            event = thaw_event(place, terms(days, tier, confirm_above), source_region)
            event |= {"dry_run": True} if dry_run else {}
            region = source_region or self._function.region
            sending = Sending(event, True, place.bucket, region, name="thaw-", dry_run=dry_run)
            return self._sent(sending)

    def sweep(
        self, bucket: str, *, older_than_hours: int = 24, target_region: str | None = None
    ) -> dict[str, Any]:
        """``ossferry sweep``: abort what abandoned copies left in ``oss://bucket``, and delete old
        records. The reply has ``swept``, ``kept`` and ``failed``, which are counts.

        0 hours also end what runs. Idempotent.
        """
        with as_problems():
            place = target_of(bucket)
            if place.key:
                raise Misuse(f"a sweep is for all of a bucket: give oss://{place.bucket}")
            event = {
                "kind": "sweep",
                "target_region": target_region or self._function.region,
                "target_bucket_name": place.bucket,
                "older_than_hours": older_than_hours,
            }
            return self._api.invoke(encoded(event))

    def plan(
        self,
        sources: str | Iterable[str] | None,
        target: str | None = None,
        *,
        list: Given | None = None,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        measure: bool = False,
        rate: float | None = None,
        max_children: int | None = None,
        headers: Mapping[str, str] | None = None,
        thaw: bool = False,
        days: int = 3,
        tier: Tier = "Standard",
        prices: str | os.PathLike[str] | None = None,
        source_region: str | None = None,
        source_endpoint: str | None = None,
        credentials: str | None = None,
        target_region: str | None = None,
    ) -> dict[str, Any]:
        """``ossferry plan``: what a copy would take, as its ``--json`` has it. Nothing is copied.

        ``rate`` is that of a connection in bytes a second (``--rate`` is in MB). Sources are read
        from this machine; ``measure`` does so for two seconds.
        """
        with as_problems():
            from ossferry.jobs import Selection, Thaw

            from ..planning.asked import Asked, Elsewhere
            from ..planning.deployment import deployment_of
            from ..planning.plan import Options, planned

            given = addresses(sources)
            if target is not None:
                target_of(target)
            name, content = (None, None) if list is None else opened(list)
            function = self._function
            asked = Asked(
                sources=given,
                listed=name,
                region=target_region or function.region,
                source_region=source_region or function.region,
                elsewhere=Elsewhere(source_region, source_endpoint, credentials),
                headers=headers or {},
                selection=Selection(texts(include), texts(exclude)),
                thaw=Thaw(days, tier, copies=target is not None),
                thaws=thaw,
                content=content,
            )
            options = Options(measure, rate, max_children, Path(prices) if prices else None)
            return planned(asked, function, deployment_of(function), options)

    def list(
        self,
        prefix: str = "",
        *,
        status: str | None = None,
        limit: int = 50,
        bucket: str | None = None,
        target_region: str | None = None,
    ) -> Listed:
        """``ossferry ls``: tasks of seven days, the newest first, and jobs in a bucket, whose ids
        begin with ``prefix``; at most ``limit`` of each."""
        with as_problems():
            function, api = self._function, self._api
            return listed(function, api, prefix, status, limit, bucket, target_region)

    def task(self, id: str, *, bucket: str | None = None, target_region: str | None = None) -> Task:
        """What was asked for under this id, or under the one that begins so. A ``Problem`` if
        nobody knows it, or several begin so.

        ``bucket`` is where to look for a job that Function Compute knows no more.
        """
        with as_problems():
            found = known(self._function, self._api, id, bucket, target_region)
            asked = Submitted(found.id, found.event or {}, attached=True)
            return Task(self._function, self._api, asked, found=found)

    def _sent(self, sending: Sending) -> Task:
        return sent(sending, self._function, self._api)

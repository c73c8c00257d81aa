"""What may have come of a run, by what the source was meanwhile, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.model.events import Asked, Ended, Object
from tests.model.source import Source, Version, crc64_of

# What a transfer has to overcome, if it comes alone.
_BEARABLE = {"hiccup", "lost", "old swept"}


@dataclass
class Run:
    """One event from its first request to its end. ``others`` are those that ended within it."""

    asked: Asked
    source: Source
    mark: Mapping[int, int]
    before: Object | None
    ended: Ended = field(default_factory=Ended)
    after: Object | None = None
    happened: list[str] = field(default_factory=list)
    others: list[Run] = field(default_factory=list)

    @property
    def versions(self) -> Sequence[Version]:
        """What the source was while it ran."""
        return self.source.since(self.mark, self.asked.event.id)

    @property
    def is_undisturbed(self) -> bool:
        return not self.happened or (len(self.happened) == 1 and {*self.happened} <= _BEARABLE)

    @property
    def leaves_nothing(self) -> bool:
        """Neither a record nor an upload: it succeeded, or nobody can go on with it."""
        failed = self.ended.error is not None and self.ended.error.resumable
        return not failed and not {"crash", "old swept", "all swept"}.intersection(self.happened)

    def may_make(self) -> Iterator[Object | None]:
        """One whole version that the source had, with what was wanted of it.

        The headers that are not wanted are those of any reply of the same content: an upload keeps
        what it was opened with.
        """
        ever = self.source.all_of(self.asked.event.id)
        for version in self.versions:
            if self.asked.holds(version.data):
                for each in ever:
                    if each.content == version.content and each.size == version.size:
                        yield Object(version.data, self.asked.event.who, each.media_type)

    def made(self) -> bool:
        """Whether the object, as it is now, is what the reply says."""
        if self.ended.status == "copied" or self.after is None:
            return self.after in self.may_make()
        data = self.after.data
        is_source = any(version.data == data for version in self.versions)
        return self.is_wanted(self.after) or (is_source and self.asked.holds(data))

    def is_wanted(self, there: Object | None) -> bool:
        """Whether an object has the bytes that the event names, so that it need not be copied even
        if the source has become others of that size."""
        return (
            there is not None
            and self.asked.event.overwrite != "always"
            and self.asked.names(there.data)
            and any(version.size == len(there.data) for version in self.versions)
        )


def complaints(run: Run) -> list[str]:
    """What is wrong with a run; nothing, as a rule."""
    return [*_about_object(run), *_about_replies(run), *_about_success(run)]


def _about_object(run: Run) -> Iterator[str]:
    runs = [run, *run.others]
    if run.after != run.before and not any(run.after in each.may_make() for each in runs):
        yield "the object is no whole version of the source, and not the old object"
    silent = {"lost", "crash"}.intersection(run.happened) and not run.is_undisturbed
    if run.ended.error and not run.others and not silent and run.after != run.before:
        yield "it ended with an error, and the object is another"


def _about_replies(run: Run) -> Iterator[str]:
    for each in (run, *run.others):
        if each.ended.reply and not each.others and each.after and not each.made():
            yield f"the reply says {each.ended.status}, and the object is not what it was asked for"
        if each.ended.reply:
            said = {name: each.ended.reply["object"][name] for name in ("size", "crc64")}
            facts = [(version.size, version.crc64_text) for version in each.versions]
            if each.ended.status == "unchanged" and each.after and each.is_wanted(each.after):
                facts.append((len(each.after.data), str(crc64_of(each.after.data))))
            if (said["size"], said["crc64"]) not in facts:
                yield f"the reply says {said} of the object, which the source never was"


def _about_success(run: Run) -> Iterator[str]:
    """Of what nothing has disturbed, the end is known."""
    if not run.is_undisturbed or run.others or len(run.versions) > 1:
        return
    event, version, ended = run.asked.event, run.versions[0], run.ended
    is_there = run.before is not None and run.before.data == version.data
    types = {ended.error.type} if ended.error else {ended.status}
    if not run.asked.holds(version.data):
        right = {"ChecksumMismatch"} | ({"ObjectExists"} if event.overwrite == "never" else set())
        right |= {"unchanged"} if run.is_wanted(run.before) else set()
    elif event.overwrite == "never" and run.before is not None:
        right = {"ObjectExists"} | ({"unchanged"} if is_there else set())
    elif event.overwrite == "always" or not is_there:
        right = {"copied"}
    else:
        right = {"copied", "unchanged"}
    if not types <= right:
        yield f"it ended as {ended}, and right would be {' or '.join(sorted(right))}"

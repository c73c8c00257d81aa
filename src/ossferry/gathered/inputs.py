"""What a program that gathers is given: the outputs of a batch's members, as files or as keys.

Members are in the order of their batch, and the outputs of each in the order of its record. Each
has to be what the record says of it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from ..apart.folder import Folder, free
from ..cloud import Cloud
from ..depot.side_by_side import side_by_side
from ..errors import OutOfTime, ProgramFailed, SourceChanged, SourceGone
from ..names import ObjectName
from ..programs.command import list_beside
from ..programs.description import Program
from ..programs.input import fetch, look
from ..programs.naming import split_key
from ..programs.output import Made
from ..programs.record import Record, find
from ..settings import Settings
from ..source.probe import Source
from ..stop import Stop

_AT_ONCE = 8
_STREAMS = 2  # of each file
_SUFFIX = r"\.[A-Za-z0-9]{1,16}"


class Gathered(NamedTuple):
    """An output of an item, and the file that it becomes: ``number`` is the item's in its batch,
    from 1, ``place`` the output's among those of its item."""

    made: Made
    record: Record
    number: int
    place: int

    @property
    def file(self) -> str:
        """In the order of names; nothing of a key but a suffix, if that is a usual one."""
        suffix = split_key(self.made.key)[1]
        usual = suffix if re.fullmatch(_SUFFIX, suffix) else ""
        return f"{self.number:06d}-{self.place:05d}{usual}"


class Inputs:
    """Of one batch, whose members' records lie in the bucket of ``target``."""

    def __init__(self, program: Program, target: ObjectName, members: Sequence[str]) -> None:
        self._program = program
        self._target = target._replace(key="")
        self._members = members

    def __call__(
        self, _: Source, folder: Folder, cloud: Cloud, settings: Settings, stop: Stop
    ) -> str:
        """Make the files, or only the list of them; the path for the program."""
        wants_files = self._program.gathers == "files"
        gathered = self._gathered(cloud, stop)
        listed = list_beside(folder.file)
        with open(listed, "x", encoding="utf-8") as file:
            file.writelines(self._line(each, wants_files) for each in gathered)
        if not wants_files:
            return listed
        inputs = f"{os.path.dirname(folder.file)}/inputs"
        os.mkdir(inputs)
        size, room = sum(each.made.size for each in gathered), free(folder)
        if size > room:
            raise ProgramFailed(
                f"the {len(gathered)} outputs that the program {self._program.name} gathers have"
                f" {size:,} bytes, and the disk {room:,} free: give the function a larger disk"
                " (diskSize), gather fewer, or let it gather keys"
            )
        gets = [partial(self._get, each, inputs, cloud, stop) for each in gathered]
        side_by_side(gets, stop, _AT_ONCE)
        return inputs

    def _gathered(self, cloud: Cloud, stop: Stop) -> list[Gathered]:
        every = range(min(_AT_ONCE, len(self._members)))
        reads = [partial(self._read, [*self._members[n::_AT_ONCE]], cloud, stop) for n in every]
        records: dict[str, Record] = {}
        for some in side_by_side(reads, stop, _AT_ONCE):
            records |= some
        return [
            Gathered(made, records[id], number, place)
            for number, id in enumerate(self._members, 1)
            for place, made in enumerate(records[id].outputs, 1)
        ]

    def _read(self, ids: Sequence[str], cloud: Cloud, stop: Stop) -> dict[str, Record]:
        bucket, found = cloud.bucket(self._target), dict[str, Record]()
        for id in ids:
            _require_time(stop)
            record = find(bucket, id)
            if record is None:
                raise SourceGone(
                    f"the record {id} of an item that is to be gathered is not there any more: let"
                    " the program run over that object again"
                )
            found[id] = record
        return found

    def _line(self, each: Gathered, is_file: bool) -> str:
        document = {
            "bucket": self._target.bucket,
            "key": each.made.key,
            "size": each.made.size,
            "crc64": str(each.made.crc64),
            "item": each.record.source.get("key"),
            **({"file": each.file} if is_file else {}),
        }
        return json.dumps(document, ensure_ascii=False) + "\n"

    def _get(self, each: Gathered, folder: str, cloud: Cloud, stop: Stop) -> None:
        """One file, which is what the record says."""
        _require_time(stop)
        made = each.made
        name = self._target._replace(key=made.key)
        source = look(name, cloud)
        if source.size != made.size or source.crc64 not in (None, made.crc64):
            raise SourceChanged(
                f"{name} is not what its record says, because something has replaced it: let the"
                " program run over its object again"
            )
        fetch(source, f"{folder}/{each.file}", cloud, _STREAMS, stop, made.size)


def _require_time(stop: Stop) -> None:
    if stop.is_set():
        raise OutOfTime("what is gathered could not be read before the function had to end")

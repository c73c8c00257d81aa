"""A plan as people read it: warnings first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import words


def shown(document: Mapping[str, Any]) -> str:
    return "\n".join(_lines(document))


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    for each in document["warnings"]:
        yield f"warning: {each}"
    source = document["source"]
    yield f"source    {source['what']}"
    yield from _many(source) if "items" in source else _one(source)
    if document["measured"]:
        yield f"measured  {_measured(document['measured'])}"
    if document["forecast"]:
        yield from _forecast(document["forecast"])
    for name, each in document["restore"].items():
        tier = f", {each['tier']}" if each.get("tier") else ""
        amount = words.size(each["bytes"])
        objects = words.several(each["objects"], "object")
        yield f"restore   {name}: {objects}, {amount}, for {each['days']} days{tier}"
    yield from _prices(document["price"])
    yield from (f"assumed   {each}" for each in document["assumptions"])


def _one(source: Mapping[str, Any]) -> Iterator[str]:
    size = "of unknown size" if source["bytes"] is None else words.size(source["bytes"])
    ranges = "in ranges" if source["splittable"] else "in one piece"
    told = [size, ranges, f"known by {' and '.join(source['known_by']) or 'nothing'}"]
    if source["content_type"]:
        told.append(source["content_type"])
    yield f"          {', '.join(told)}"
    left = source["expires_in"]
    if left is not None and left > 0:
        yield f"          its signature ends in {words.duration(left)}"


def _many(source: Mapping[str, Any]) -> Iterator[str]:
    told = [words.several(source["items"], "item"), words.size(source["bytes"])]
    if source["items_of_unknown_size"]:
        told.append(f"{source['items_of_unknown_size']:,} of unknown size")
    if source["archived"]:
        told.append(f"{source['archived']:,} archived, {source['frozen']:,} not restored")
    yield f"          {', '.join(told)}"


def _measured(rate: Mapping[str, Any]) -> str:
    count = words.several(rate["connections"], "connection")
    return (
        f"from here, not from the function: {words.size(rate['bytes_per_second'])}/s with {count},"
        f" {words.size(rate['bytes_per_second_of_one'])}/s each, in {rate['seconds']:g} s"
    )


def _forecast(said: Mapping[str, Any]) -> Iterator[str]:
    if said["seconds"] is None:
        yield "takes     as long as OSS takes, which is not known; no byte passes the function"
    else:
        yield (
            f"takes     about {words.duration(max(1, said['seconds']))}, with"
            f" {words.several(said['children'], 'child', 'children')} and"
            f" {words.several(said['streams'], 'stream')} at the most"
        )
        yield (
            f"          {said['gb_seconds']:g} GB-seconds in"
            f" {words.several(said['invocations'], 'invocation')}"
        )
    yield (
        f"          {words.several(said['parts'], 'part')},"
        f" {words.several(said['oss_puts'] + said['oss_gets'], 'request')} to OSS,"
        f" {said['source_requests']:,} to the source"
    )


def _prices(price: Mapping[str, Any]) -> Iterator[str]:
    currency = price["currency"]
    for line in price["lines"]:
        cost = "price not known"
        if line["price"] is not None:
            cost = f"{currency} {words.amount(line['price'])}, {line['source']}"
        yield f"price     {line['quantity']:,} {line['what']}: {cost}"
    if price["known"] is not None:
        all_of_it = "" if price["complete"] else "what is known of it: "
        yield (
            f"          {all_of_it}{currency} {words.amount(price['known'])}, list price of"
            f" {price['date']}"
        )
    yield f"          not included: {'; '.join(price['not_included'])}"

"""``OSSFERRY_PROGRAM_RULES`` against the triggers that tell of objects. Pure.

A rule is tried as the function tries it. A star in a key stands for itself, so what takes a key
with a star in it takes whatever that may stand for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from ossferry.errors import InvalidEvent
from ossferry.settings import ProgramRule, Settings
from ossferry.triggers.oss_event import triggered_job

from .clients import Document
from .finding import Finding, ok, problem, warning
from .listening import Listens, listening, takes_all

_ABOUT = "programs"
_CORRECT = "correct it in s.yaml, and deploy again"
_ELSEWHERE = "give it another target, or the trigger a prefix that leaves it out"


def about_rules(triggers: Sequence[Document], settings: Settings, region: str) -> Iterator[Finding]:
    listeners = [each for each in listening(triggers) if each.bucket]
    rules = settings.program_rules
    for place, rule in enumerate(rules):
        yield from _rule(rule, rules[:place], listeners, settings, region)
    yield from _circle(rules, listeners)
    if message := settings.message_program:
        target = ProgramRule("", message.program, message.bucket, message.prefix)
        yield from _seen(target, listeners, rules)


def _rule(
    rule: ProgramRule,
    before: Sequence[ProgramRule],
    listeners: Sequence[Listens],
    settings: Settings,
    region: str,
) -> Iterator[Finding]:
    if taken := next((each for each in before if each.takes(rule.pattern)), None):
        yield warning(
            _ABOUT,
            f"the rule for {rule.pattern} never counts: the one for {taken.pattern} before it"
            " takes the same",
            "put it first in OSSFERRY_PROGRAM_RULES",
        )
        return
    if settings.list_prefix and rule.pattern.partition("*")[0].startswith(settings.list_prefix):
        yield warning(
            _ABOUT,
            f"the rule for {rule.pattern} never counts: below OSSFERRY_LIST_PREFIX there are lists",
            "have it look elsewhere, or set another OSSFERRY_LIST_PREFIX",
        )
        return
    firing = [each for each in listeners if each.may_fire(rule)]
    if not firing:
        yield warning(
            _ABOUT,
            f"no OSS trigger tells of what the rule for {rule.pattern} takes",
            "add a trigger for it as s.yaml has one, or correct the rule",
        )
        return
    refused = dict.fromkeys(
        said for each in firing if (said := _refusal(rule, each, settings, region))
    )
    if refused:
        yield from (problem(_ABOUT, each, _CORRECT) for each in refused)
        return
    where = ", ".join(dict.fromkeys(each.bucket for each in firing))
    yield ok(
        _ABOUT,
        f"what arrives in {where} as {rule.pattern} is given to {rule.program}, whose outputs go to"
        f" oss://{rule.bucket}/{rule.prefix}",
    )
    yield from _seen(rule, listeners, settings.program_rules)


def _refusal(rule: ProgramRule, seen: Listens, settings: Settings, region: str) -> str | None:
    """What the function says of an object that the rule takes."""
    entry = {
        "eventName": "ObjectCreated:PutObject",
        "region": region,
        "oss": {"bucket": {"name": seen.bucket}, "object": {"key": rule.pattern.replace("*", "x")}},
    }
    try:
        triggered_job(entry, settings._replace(program_rules=(rule,), list_prefix=""))
    except InvalidEvent as error:
        return error.message
    return None


def _seen(
    rule: ProgramRule, listeners: Sequence[Listens], rules: Sequence[ProgramRule]
) -> Iterator[Finding]:
    """Outputs that a trigger tells of, unless that is what a rule is for."""
    if takes_all(rules, rule.prefix):
        return
    for each in listeners:
        if each.may_see(rule.bucket, rule.prefix):
            yield warning(
                _ABOUT,
                f"{each.name}: it listens to {each}, where outputs of the program {rule.program}"
                " may arrive, which would be copied again, or given to a program",
                _ELSEWHERE,
            )


def _circle(rules: Sequence[ProgramRule], listeners: Sequence[Listens]) -> Iterator[Finding]:
    """Of several rules; one that takes its own outputs is refused by the function."""
    after = {
        place: {
            other
            for other, taking in enumerate(rules)
            if other != place and _feeds(rule, taking, listeners)
        }
        for place, rule in enumerate(rules)
    }
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        names = " and ".join(dict.fromkeys(rules[each].program for each in error.args[1]))
        yield problem(
            _ABOUT,
            f"outputs of the programs {names} may go round: one takes what the other makes",
            "set another target in one of their rules",
        )


def _feeds(rule: ProgramRule, taking: ProgramRule, listeners: Sequence[Listens]) -> bool:
    into = taking._replace(bucket=rule.bucket, prefix=rule.prefix)
    return any(
        each.may_fire(taking) and each.may_see(rule.bucket, rule.prefix) and into.loops(each.bucket)
        for each in listeners
    )

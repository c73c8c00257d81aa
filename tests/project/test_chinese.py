"""The Chinese documents say what the English ones say: nothing more, nothing less, in fixed terms.

What only a reader can judge, whether a sentence is right, is not tested here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.localcloud.config import REPOSITORY

# Each English document that has a Chinese one, and where that is.
_TRANSLATED = {
    "README.md": "README.zh-CN.md",
    **{
        f"docs/{name}.md": f"docs/zh-CN/{name}.md"
        for name in ("clouds", "deploy", "events", "operate", "programs")
    },
}

# English words, and the one word for each: where a section has the first, it has the second.
_TERMS = {
    r"Function Compute": "函数计算",
    r"buckets?": "Bucket",
    r"regions?": "地域",
    r"triggers?": "触发器",
    r"prefix(?:es)?": "前缀",
    r"runtime": "运行时",
    r"coordinator": "协调者",
    r"child|children": "子实例",
    r"instances?": "实例",
    r"hand-overs?|handed over": "接力",
    r"permissions?": "权限",
    r"quotas?": "配额",
    r"restored?": "解冻",
    r"archived": "归档",
    r"environment variables?": "环境变量",
    r"signed URL": "签名 URL",
    r"storage class": "存储类型",
    r"proofs?": "校验依据",
    r"checksums?": "校验值",
    r"receipts?": "回执",
    r"sweeps?": "清理",
    r"batch(?:es)?": "批次",
    r"roles?": "角色",
    r"programs?": "程序",
    r"outputs?": "输出",
    r"exit codes?": "退出码",
    r"other clouds": "其他云",
    r"records": "记录",
    r"settings?": "设置",
    r"bucket with versioning": "版本控制",
}

# Words that others use for these, and what is said here.
_NEVER = {
    "桶": "Bucket",
    "分块": "分片",
    "分段": "分片",
    "区域": "地域",
    "终端节点": "访问域名",
    "端点": "访问域名",
    "还原": "解冻",
    "恢复": "解冻",
    "执行角色": "函数角色",
    "服务角色": "函数角色",
    "句柄": "请求处理程序",
    "节流": "流控",
    "限流": "流控",
    "预签名": "签名 URL",
    "子进程": "子实例",
    "协调器": "协调者",
    "校验和": "校验值",
    "存储类别": "存储类型",
    "子任务": "子实例",
    "访问凭据": "凭证",
    "凭据": "凭证",
    "存储桶": "Bucket",
    "你": "您",
}

_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

each_pair = pytest.mark.parametrize(("english", "chinese"), _TRANSLATED.items())


def _read(name: str) -> str:
    return (REPOSITORY / name).read_text("utf-8")


class _Section(NamedTuple):
    """What is under one heading."""

    level: int
    heading: str
    prose: str

    @property
    def anchor(self) -> str:
        return re.sub(r"[^\w\- ]", "", self.heading.lower()).replace(" ", "-")

    @property
    def codes(self) -> set[str]:
        return set(re.findall(r"`([^`\n]+)`", self.prose))

    @property
    def tables(self) -> list[list[list[str]]]:
        """Of each row of each table the code in its first cell."""
        tables = re.findall(r"(?:^\|.*\|\n){2,}", self.prose, re.MULTILINE)
        rows = [table.splitlines() for table in tables]
        return [[re.findall(r"`([^`]+)`", row.split("|")[1]) for row in each] for each in rows]


def _sections(name: str) -> list[_Section]:
    """What is before the first heading is the head, which the languages link each other in."""
    (_, *parts) = re.split(r"^(#+ .*)\n", _CODE.sub("", _read(name)), flags=re.MULTILINE)
    found = []
    for heading, prose in zip(parts[::2], parts[1::2], strict=True):
        level, _, text = heading.partition(" ")
        found.append(_Section(len(level), text, prose))
    return found


def _links(name: str, prose: str) -> Iterator[str]:
    """Where its links lead to: addresses, or files of the repository with an anchor perhaps."""
    text = re.sub(r"`[^`\n]*`", "", prose)
    for first, second in re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", text):
        link = first or second
        if link.startswith("https:"):
            yield link
            continue
        path, _, anchor = link.partition("#")
        file = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
        yield f"{file}#{anchor}" if anchor else file


def _in_chinese(link: str) -> str:
    """Where the Chinese document leads to, if the English one leads there."""
    file, _, anchor = link.partition("#")
    if file not in _TRANSLATED:
        return link
    chinese = _TRANSLATED[file]
    if not anchor:
        return chinese
    anchors: Mapping[str, str] = {
        old.anchor: new.anchor for old, new in zip(_sections(file), _sections(chinese), strict=True)
    }
    return f"{chinese}#{anchors[anchor]}"


@each_pair
def test_each_leads_to_the_other(english: str, chinese: str) -> None:
    """In the first line, where a reader of the wrong one looks."""
    there = posixpath.relpath(chinese, posixpath.dirname(english) or ".")
    back = posixpath.relpath(english, posixpath.dirname(chinese) or ".")
    assert _read(english).splitlines()[:2] == [f"English | [简体中文]({there})", ""]
    assert _read(chinese).splitlines()[:2] == [f"[English]({back}) | 简体中文", ""]


def test_every_chinese_document_is_held_to_an_english_one() -> None:
    """Those that are translated are all that there are."""
    found = [*REPOSITORY.glob("*.zh-CN.md"), *(REPOSITORY / "docs" / "zh-CN").glob("**/*.md")]
    names = {Path(path).relative_to(REPOSITORY).as_posix() for path in found}
    assert names == {*_TRANSLATED.values()}


@each_pair
def test_sections_are_the_same(english: str, chinese: str) -> None:
    """Headings of the same levels in the same order."""
    levels = [[each.level for each in _sections(name)] for name in (english, chinese)]
    assert levels[0] == levels[1]


@each_pair
def test_blocks_of_code_are_the_same(english: str, chinese: str) -> None:
    """Byte by byte: what is pasted does the same."""
    assert _CODE.findall(_read(english)) == _CODE.findall(_read(chinese))


@each_pair
def test_each_section_has_the_same_tables(english: str, chinese: str) -> None:
    """As many rows, and each about the same."""
    for old, new in zip(_sections(english), _sections(chinese), strict=True):
        assert old.tables == new.tables, new.heading


@each_pair
def test_each_section_has_the_same_lists_and_paragraphs(english: str, chinese: str) -> None:
    """A sentence may become two; a paragraph is neither left out nor added."""
    for old, new in zip(_sections(english), _sections(chinese), strict=True):
        kinds = [
            [re.match(r"- |\d\. |\||", line)[0] for line in each.prose.splitlines() if line]  # type: ignore[index]
            for each in (old, new)
        ]
        assert kinds[0] == kinds[1], new.heading


@each_pair
def test_each_section_names_the_same(english: str, chinese: str) -> None:
    """Fields, values, commands and names of files are not translated."""
    for old, new in zip(_sections(english), _sections(chinese), strict=True):
        assert old.codes == new.codes, new.heading


@each_pair
def test_each_section_has_the_same_links(english: str, chinese: str) -> None:
    """To the Chinese document where there is one; word order may change theirs."""
    for old, new in zip(_sections(english), _sections(chinese), strict=True):
        expected = sorted(_in_chinese(link) for link in _links(english, old.prose))
        assert expected == sorted(_links(chinese, new.prose)), new.heading


def _words(prose: str) -> str:
    """Prose without code, names of files and where links lead to."""
    return re.sub(r"`[^`\n]*`|\]\([^)]*\)|[\w/-]+\.md", " ", prose)


@each_pair
def test_terms_are_those_of_the_glossary(english: str, chinese: str) -> None:
    """One word per thing, and the word that Alibaba's own documents use."""
    missing = [
        (new.heading, word, term)
        for old, new in zip(_sections(english), _sections(chinese), strict=True)
        for word, term in _TERMS.items()
        if re.search(rf"\b(?:{word})\b", _words(old.prose)) and term not in new.prose
    ]
    assert missing == []


@pytest.mark.parametrize("chinese", _TRANSLATED.values())
def test_no_other_word_is_used_for_them(chinese: str) -> None:
    """Nobody has to guess whether two words are two things."""
    found = [(word, term) for word, term in _NEVER.items() if word in _read(chinese)]
    assert found == []


@pytest.mark.parametrize("chinese", _TRANSLATED.values())
def test_chinese_and_latin_are_set_apart(chinese: str) -> None:
    """By a blank, and sentences end in Chinese stops."""
    prose = re.sub(r"`[^`\n]*`|\]\([^)]*\)|<[^>]*>", "", _CODE.sub("", _read(chinese)))
    assert re.findall(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", prose) == []
    assert re.findall(r"[\u4e00-\u9fff][,;:!?]", prose) == []


def test_the_tests_see_differences() -> None:
    """Sections, tables, codes and links are found at all."""
    sections = _sections("docs/events.md")
    assert len(sections) > 10
    assert sum(len(each.tables) for each in sections) > 5
    assert all(old.heading != new.heading for old, new in pairwise(sections))
    assert sum(len([*_links("docs/events.md", each.prose)]) for each in sections) > 30

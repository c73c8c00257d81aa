"""Stores of keys in a folder, written as the tools write them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ID, SECRET, TOKEN = "LTAI5tExampleKeyAbcd", "S3cretOfTheTest0123456789", "CAISTheTokenOfTheTest=="
WORD = b"SecretKey123"


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def encrypted(text: str, salt: bytes | None = None) -> str:
    """As crypto-js does with a passphrase."""
    salt = os.urandom(8) if salt is None else salt
    derived = last = b""
    while len(derived) < 48:
        last = hashlib.md5(last + WORD + salt).digest()
        derived += last
    content = text.encode()
    padding = 16 - len(content) % 16
    cipher = Cipher(algorithms.AES(derived[:32]), modes.CBC(derived[32:48])).encryptor()
    sealed = cipher.update(content + bytes([padding]) * padding) + cipher.finalize()
    return base64.b64encode(b"Salted__" + salt + sealed).decode()


def cli(home: Path, *profiles: dict[str, Any], current: str = "default", mode: int = 0o600) -> Path:
    """Alibaba Cloud CLI writes all fields of a profile, with tabs."""
    document = {"current": current, "profiles": list(profiles), "meta_path": ""}
    return write(home / ".aliyun" / "config.json", json.dumps(document, indent="\t"), mode)


def profile(name: str = "default", mode: str = "AK", **fields: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("access_key_id", "access_key_secret", "sts_token", "ram_role_arn", "region_id"), ""
    )
    given = {"access_key_id": ID, "access_key_secret": SECRET, "region_id": "cn-beijing"}
    return {"name": name, "mode": mode, **empty, **given, "language": "en", **fields}


def access(home: Path, aliases: dict[str, dict[str, str]], *, plain: bool = False) -> Path:
    """Serverless Devs writes by js-yaml: what is longer than 80 characters comes as ``>-``."""
    lines = []
    for alias, fields in aliases.items():
        lines.append(f"{alias}:")
        for name, text in fields.items():
            value = text if plain else encrypted(text)
            lines += (
                [f"  {name}: >-", f"    {value}"] if len(value) > 80 else [f"  {name}: {value}"]
            )
    return write(home / ".s" / "access.yaml", "\n".join(lines) + "\n")


def alias(**fields: str) -> dict[str, str]:
    return {
        "__provider": "Alibaba Cloud",
        "AccountID": "1234567890123456",
        "AccessKeyID": ID,
        "AccessKeySecret": SECRET,
        **fields,
    }

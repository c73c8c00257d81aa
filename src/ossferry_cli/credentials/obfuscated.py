"""Values as Serverless Devs keeps them: encrypted by a word that is in its source, so by none.

crypto-js with a passphrase writes what openssl does: "Salted__", eight bytes of salt, AES-256-CBC
with key and IV by MD5.
"""

from __future__ import annotations

import base64
import binascii

_WORD = b"SecretKey123"  # of @serverless-devs/credential, the same for everybody
_MAGIC = b"Salted__"
_STEP = 16


def plain(value: str) -> str:
    """The text behind a value; one that is not encrypted is itself, as people write it by hand."""
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value
    sealed = content[_STEP:]
    if not content.startswith(_MAGIC) or not sealed or len(sealed) % _STEP:
        return value
    opened = _decrypted(sealed, content[8:_STEP])
    padding = opened[-1]
    if not 1 <= padding <= _STEP or opened[-padding:] != bytes([padding]) * padding:
        return value
    try:
        return opened[:-padding].decode() or value
    except UnicodeDecodeError:
        return value


def _decrypted(sealed: bytes, salt: bytes) -> bytes:
    # Imported here: only aliases need them, and they are native code.
    import hashlib

    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    derived = last = b""
    while len(derived) < 48:
        last = hashlib.md5(last + _WORD + salt, usedforsecurity=False).digest()
        derived += last
    cipher = Cipher(algorithms.AES(derived[:32]), modes.CBC(derived[32:48])).decryptor()
    return cipher.update(sealed) + cipher.finalize()

"""API keys as text: `ofk_`, 10 characters that name the key, 43 of secret, 6 of checksum.

The prefix and the checksum let secret scanners find a leaked key without guessing. The secret has 256 random bits,
so a plain SHA-256 of the whole is enough to store: there is nothing to be guessed slowly.
"""

import hashlib
import re
import secrets
import zlib

from resolvers.keys import Token

PREFIX = "ofk_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = re.compile(r"ofk_([0-9A-Za-z]{53})([0-9A-Za-z]{6})", re.ASCII)
_RANDOM_LENGTH = 53  # 10 + 43 characters of base 62; the last 43 alone have 256 bits


def new_token() -> str:
    """A new key, to be shown once."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return f"{PREFIX}{body}{_checksum(body)}"


def new_key() -> Token:
    """A new key with what is stored of it."""
    token = new_token()
    hashed = token_hash(token)
    assert hashed is not None, "a token of our own has its own checksum"
    return Token(token, hashed)


def token_hash(token: str) -> str | None:
    """What is stored of a key; None for text that is no key of ours."""
    match = _SHAPE.fullmatch(token)
    if match is None or match[2] != _checksum(match[1]):
        return None
    return hashlib.sha256(token.encode()).hexdigest()


def bearer(header: str | None) -> str | None:
    """The key in an Authorization header."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _checksum(body: str) -> str:
    number = zlib.crc32(f"{PREFIX}{body}".encode())
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits

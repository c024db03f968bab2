"""How an API key is written: ``crp_`` with eight characters that name it, ``_``, 43 of secret and six of checksum.

The secret is 256 bits of chance, so a plain SHA-256 of it is kept: a slow hash protects what people think up and others
can guess. Nobody guesses this, and a slow one would cost every request what a login costs.
"""

from __future__ import annotations

import re
import secrets
import string
from binascii import crc32
from dataclasses import dataclass
from hashlib import sha256

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
"""Letters and digits alone: a double click marks all of a part."""
MARK = "crp_"
PREFIX_LENGTH = 8
SECRET_LENGTH = 43  # 62 ** 43 > 2 ** 256
CHECKSUM_LENGTH = 6  # 62 ** 6 > 2 ** 32
PATTERN = re.compile(
    rf"{MARK}(?P<prefix>[0-9A-Za-z]{{{PREFIX_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH + CHECKSUM_LENGTH}}}"
)
FINGERPRINT_LENGTH = 64


@dataclass(frozen=True)
class Token:
    """A key as its holder has it."""

    text: str

    def __str__(self) -> str:
        return f"{MARK}{self.prefix}_…"  # what ends up in a log or a traceback

    __repr__ = __str__

    @property
    def prefix(self) -> str:
        """What names the key, and is no secret."""
        return self.text[len(MARK) : len(MARK) + PREFIX_LENGTH]

    @property
    def fingerprint(self) -> str:
        """What is kept of it: SHA-256 of the whole, in hexadecimal digits."""
        return sha256(self.text.encode()).hexdigest()


def make_token() -> Token:
    """Return a new key, from the chance of the operating system."""
    prefix, secret = (
        "".join(secrets.choice(ALPHABET) for _place in range(length)) for length in (PREFIX_LENGTH, SECRET_LENGTH)
    )
    return Token(f"{MARK}{prefix}_{secret}{_checksum(prefix, secret)}")


def read_token(text: str) -> Token | None:
    """Return the key that a text is. None: it has not its form, or its checksum shows that it was not copied whole."""
    if not PATTERN.fullmatch(text):
        return None
    token = Token(text)
    secret, checksum = text[-SECRET_LENGTH - CHECKSUM_LENGTH : -CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return token if checksum == _checksum(token.prefix, secret) else None


def _checksum(prefix: str, secret: str) -> str:
    """Return what tells a key from what only looks like one, to a scanner of files that knows no database."""
    number, digits = crc32(f"{prefix}{secret}".encode()), ""
    for _place in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits

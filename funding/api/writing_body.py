"""The body of a write: JSON in UTF-8, not too large, that can mean one thing only."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from crp.common.api.parameters import short

MOST_BYTES = 5_000_000
CHARSET = re.compile(r"""charset\s*=\s*["']?([^"';\s]+)""", re.IGNORECASE)
UTF_8 = {"utf-8", "utf8"}


class BodyTooLarge(APIException):
    """413: more than is read at once."""

    status_code = 413
    default_code = "too_large"
    default_detail = f"The body has more than {MOST_BYTES:,} bytes, which is the most that is read: send it in parts."


class LengthRequired(APIException):
    """411: how long the body is has not been said."""

    status_code = 411
    default_code = "length_required"
    default_detail = "Send the header Content-Length: a body in chunks of unknown number is not read."


class StrictJSONParser(BaseParser):
    """Reads JSON, and refuses what programs read differently: a name given twice, NaN, half a character."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return what the body says. Raises: BodyTooLarge, UnsupportedMediaType, ParseError."""
        _check_encoding(media_type or "", (parser_context or {}).get("request"))
        content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BodyTooLarge
        return read_json(content)


def check_length(meta: Mapping[str, Any]) -> None:
    """Refuse a body by what its headers say, before any of it is read.

    Raises: BodyTooLarge, LengthRequired, ParseError.
    """
    length = meta.get("CONTENT_LENGTH") or ""
    if not length and "chunked" in meta.get("HTTP_TRANSFER_ENCODING", "").lower():
        raise LengthRequired
    if length and not (length.isascii() and length.isdecimal()):
        raise ParseError("The header Content-Length is no number.")
    if length and (len(length) > 12 or int(length) > MOST_BYTES):
        raise BodyTooLarge


def _check_encoding(media_type: str, request: Any) -> None:
    charset = CHARSET.search(media_type)
    if charset is not None and charset[1].lower() not in UTF_8:
        raise UnsupportedMediaType(media_type, f"JSON is UTF-8 here, not “{short(charset[1])}”.")
    packed = request.META.get("HTTP_CONTENT_ENCODING", "") if request is not None else ""
    if packed and packed.lower() != "identity":
        raise UnsupportedMediaType(media_type, f"A body packed as “{short(packed)}” is not read: send it as it is.")


def read_json(content: bytes) -> Any:
    """Return what JSON says. Raises: ParseError, whose sentence says where it can't be read."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(
            f"The body is not UTF-8: byte {error.start + 1} is 0x{content[error.start]:02X}, which can't stand there."
        ) from None
    try:
        read = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
        if "\\u" in text:  # the only way to write half of a character
            json.dumps(read, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ParseError(f"The body is no JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from None
    except UnicodeEncodeError:
        raise ParseError(
            "The body holds half of a character: a surrogate (\\ud800 to \\udfff) without the other."
        ) from None
    except RecursionError:
        raise ParseError("The body nests too deep: an object of values was expected.") from None
    except ValueError as error:  # a name given twice, a whole number of thousands of digits
        raise ParseError(f"The body can't be read: {error}") from None
    return read


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        counted = Counter(name for name, _value in pairs)  # once through: a body can hold some hundred thousand names
        twice = next(name for name, times in counted.items() if times > 1)
        raise ValueError(f"“{short(twice)}” stands in one object twice, and programs differ in which they take.")
    return made


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON.")

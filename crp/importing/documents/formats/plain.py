"""Plain text, in UTF-8, in UTF-16 with a byte order mark, or in Windows-1252, with the line ends of any system."""

from __future__ import annotations

import codecs

from . import Extract, Notice, NotRead, check_sizes

UTF_8_MARK = codecs.BOM_UTF8
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
WESTERN = "cp1252"
TEXT_CONTROLS = "\t\n\v\f\r"
MOST_CONTROLS_PERCENT = 1


def read(content: bytes) -> Extract:
    """Return the lines of a text, counted as a text editor counts. Raises NotRead."""
    text, notices = decoded(content)
    _refuse_binary(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, start=1):
        check_sizes(number, len(line), 0)
    return Extract(lines=lines, notices=notices)


def decoded(content: bytes) -> tuple[str, list[Notice]]:
    """Return the characters of a text, and what has to be said about how they were found. Raises NotRead."""
    if content.startswith(UTF_16_MARKS):
        try:
            return content.decode("utf-16"), []
        except UnicodeDecodeError:
            raise NotRead("broken_utf_16") from None
    body = content.removeprefix(UTF_8_MARK)
    try:
        return body.decode(), []
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        byte = f"0x{body[error.start]:02X}"
    if b"\x00" in body:
        raise NotRead("binary")
    try:
        return body.decode(WESTERN), [Notice("windows_1252", {"line": line, "byte": byte})]
    except UnicodeDecodeError:
        raise NotRead("no_encoding", line=line, byte=byte) from None


def _refuse_binary(text: str) -> None:
    """Raise NotRead for what no text has: the character 0, or many others that control a device."""
    if "\x00" in text:
        raise NotRead("binary")
    controls = sum(text.count(chr(code)) for code in range(32) if chr(code) not in TEXT_CONTROLS)
    if controls * 100 > len(text) * MOST_CONTROLS_PERCENT:
        raise NotRead("binary")

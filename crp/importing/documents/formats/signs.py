"""What a file is, told by its content. Its name is believed in nothing."""

from __future__ import annotations

import codecs
import io
import re
import zipfile

from . import NotRead
from .plain import UTF_8_MARK, UTF_16_MARKS

PLAIN, HTML, PDF, DOCX = "plain", "html", "pdf", "docx"
START_BYTES = 4096
ZIP_SIGNS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLE_SIGN = b"\xd0\xcf\x11\xe0"
OLE_STREAMS = {"EncryptedPackage": "password", "WordDocument": "old_word", "Workbook": "old_excel", "Book": "old_excel"}
OTHERS = {
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"II*\x00": "image",
    b"MM\x00*": "image",
    b"\x1f\x8b": "packed",
    b"7z\xbc\xaf": "packed",
    b"Rar!": "packed",
    b"BZh": "packed",
    b"\xfd7zXZ": "packed",
    b"{\\rtf": "rtf",
}
PARTS = {"word/": DOCX, "xl/": "workbook", "ppt/": "slides"}
OPEN_DOCUMENT = "mimetype"
MOST_COMMENTS = 9
SUFFIXES = {
    "txt": PLAIN,
    "csv": PLAIN,
    "html": HTML,
    "htm": HTML,
    "xhtml": HTML,
    "pdf": PDF,
    "docx": DOCX,
}
HTML_START = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|link|style|script|div|span|p|h\d|table|ul|ol|li|dl|a|b|strong|em|i|"
    r"img|section|article|main|header|nav|form|br|hr|center|font)\b",
    re.IGNORECASE,
)
XML_START = re.compile(r"<(?:\?xml|!doctype|[\w:.-]+\s[^<>]*xmlns)", re.IGNORECASE)
MAIL_START = re.compile(r"(?:[\w-]+:.*\n(?:[ \t].*\n)*)*?MIME-Version:", re.IGNORECASE)


def format_of(content: bytes) -> str:
    """Return the format of a file. Raises NotRead for one that is not read, which names what it is."""
    start = content[:START_BYTES]
    if start.removeprefix(UTF_8_MARK).lstrip().startswith(b"%PDF-"):
        return PDF
    if start.startswith(ZIP_SIGNS):
        return _packed_format(content)
    if start.startswith(OLE_SIGN):
        raise NotRead(next((code for name, code in OLE_STREAMS.items() if name.encode("utf-16-le") in content), "ole"))
    if start[8:12] == b"WEBP" or start[4:8] == b"ftyp":
        raise NotRead("image")
    for sign, code in OTHERS.items():
        if start.startswith(sign):
            raise NotRead(code)
    return _text_format(start)


def format_named(name: str) -> str | None:
    """Return the format that the end of a file's name promises. None: it promises none that is read."""
    return SUFFIXES.get(name.rpartition(".")[2].casefold())


def _packed_format(content: bytes) -> str:
    """Return the format of a ZIP archive by the directory of its parts. Raises NotRead."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name.casefold() for name in archive.namelist()]
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise NotRead("broken_archive") from None
    if OPEN_DOCUMENT in names:
        raise NotRead("open_document")
    for folder, code in PARTS.items():
        if any(name.startswith(folder) for name in names):
            if code == DOCX:
                return DOCX
            raise NotRead(code)
    raise NotRead("packed")


def _text_format(start: bytes) -> str:
    """Return whether a text is a web page or plain. Raises NotRead for other languages of marks, and for mail."""
    if start.startswith(UTF_16_MARKS):
        encoding = "utf-16-le" if start.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        text = start[2:].decode(encoding, "replace")
    else:
        text = start.removeprefix(UTF_8_MARK).decode("latin-1")
    if HTML_START.match(_first_element(text)):
        return HTML
    if MAIL_START.match(text.replace("\r\n", "\n").lstrip()):
        raise NotRead("mail")
    if XML_START.match(text.lstrip()):
        raise NotRead("xml")
    return PLAIN


def _first_element(text: str) -> str:
    """Return a text from its first element on: without the declaration of XML and comments before it."""
    rest = text.lstrip()
    for opening, closing in (("<?xml", "?>"), *[("<!--", "-->")] * MOST_COMMENTS):
        if rest.startswith(opening):
            rest = rest.partition(closing)[2].lstrip()
    return rest

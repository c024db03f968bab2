"""A document of Word (.docx): the text of its paragraphs in the order of the document.

A cell of a table is a line of its own, as in a web page: officers put a figure beside its label, and a line each is
how the pages print the two. An item of a list begins with a bullet; an empty paragraph is an empty line. Text in boxes
is read, before the paragraph that the box hangs on. What is struck out or hidden is not read, what tracked changes add
is. Heads and feet of pages, footnotes and comments are left out.

The archive is looked at before (``crp/importing/archives.py``). The text is taken straight from the one part that holds
it: nothing that the file names is loaded.
"""

from __future__ import annotations

import io
import re
import zipfile

from lxml import etree

from . import Extract, Notice, NotRead

CONTENT_TYPES = "[Content_Types].xml"
MAIN_TYPES = ("wordprocessingml.document.main+xml", "wordprocessingml.template.main+xml")
MACRO_TYPE = "macroenabled"
LEFT_OUT = {"del", "moveFrom", "Fallback", "instrText", "delText", "rPr", "pPr", "sectPr"}
LEFT_OUT_PARTS = re.compile(r"word/(?:header|footer|footnotes|endnotes|comments)\d*\.xml")
TEXT_TAG = re.compile(rb"<(?:\w+:)?t[ >]")
BULLET = "• "
BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}


def read(content: bytes) -> Extract:
    """Return the lines of a document. Raises NotRead."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            root = _parsed(archive.read(_main_part(archive)))
            has_more = any(
                TEXT_TAG.search(archive.read(name)) for name in archive.namelist() if LEFT_OUT_PARTS.fullmatch(name)
            )
    except (KeyError, zipfile.BadZipFile, etree.XMLSyntaxError):
        raise NotRead("broken") from None
    extract = Extract(notices=[Notice("left_out_of_document")] if has_more else [])
    _Paragraphs(extract).take(root)
    return extract


def _main_part(archive: zipfile.ZipFile) -> str:
    """Return the name of the part that holds the text. Raises KeyError, and NotRead where it has macros."""
    types = _parsed(archive.read(CONTENT_TYPES))
    for part in types.iter("{*}Override"):
        kind = part.get("ContentType", "")
        if MACRO_TYPE in kind.casefold():
            raise NotRead("macros")
        if kind.endswith(MAIN_TYPES):
            return part.get("PartName", "").lstrip("/")
    raise KeyError(CONTENT_TYPES)


def _parsed(part: bytes) -> etree._Element:
    return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


class _Paragraphs:
    """Makes lines of the elements of a document, as they begin and end: a box stands within a paragraph."""

    def __init__(self, extract: Extract) -> None:
        self._extract = extract
        self._open: list[list[str]] = []
        self._is_item: list[bool] = []

    def take(self, root: etree._Element) -> None:
        """Take a whole document. Raises NotRead."""
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            tag = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if event == "start":
                if tag in LEFT_OUT or (tag == "r" and _is_hidden(element)):
                    walk.skip_subtree()
                else:
                    self._begin(tag, element)
            elif tag == "p":
                self._end()

    def _begin(self, tag: str, element: etree._Element) -> None:
        if tag == "p":
            self._open.append([])
            self._is_item.append(element.find("{*}pPr/{*}numPr") is not None or _has_list_style(element))
        elif self._open and tag == "t":
            self._open[-1].append(element.text or "")
        elif self._open and tag in BREAKS:
            self._open[-1].append(BREAKS[tag])

    def _end(self) -> None:
        bullet = BULLET if self._is_item.pop() else ""
        for line in "".join(self._open.pop()).split("\n"):
            self._extract.add(bullet + line.strip() if line.strip() else "")
            bullet = "" if line.strip() else bullet


def _is_hidden(run: etree._Element) -> bool:
    """Tell whether a run is struck out or not shown."""
    switches = (run.find(f"{{*}}rPr/{{*}}{name}") for name in ("vanish", "strike", "dstrike"))
    return any(_is_on(switch) for switch in switches if switch is not None)


def _is_on(switch: etree._Element) -> bool:
    values = [value for name, value in switch.attrib.items() if etree.QName(str(name)).localname == "val"]
    return not values or str(values[0]) not in {"0", "false", "off", "none"}


def _has_list_style(paragraph: etree._Element) -> bool:
    style = paragraph.find("{*}pPr/{*}pStyle")
    return style is not None and any(str(value).startswith("List") for value in style.attrib.values())

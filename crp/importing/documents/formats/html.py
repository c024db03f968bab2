"""A web page as a browser saves it: the text that a reader of the page sees, a line for each block of it.

Blocks, list items, cells of tables and ``<br>`` make lines: a cell is a line of its own, so that a figure stands above
or below its label as it does in the texts of these pages. Around paragraphs, headings, lists and tables stands an empty
line, as a browser leaves room there. An item of a list begins with a bullet. The address of the
page comes first where the page says it, then the title of the window where the page has no heading of its own.

Shares that pages hand to their charts (``[{"name": ..., "y": 50}]`` and ``[["Saving lives", 42]]``) are read wherever
they stand, hidden or not, as a line in that place; those of a script only where it has one of them, because nothing
tells to which figures each of several belongs. Nothing else that a reader does not see is read.

The parser tells of each tag as it comes and keeps no tree, so that no depth of tags is too much for it.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping

from lxml import etree

from . import UNKNOWN_CHARACTER, Extract, Notice, NotRead
from .plain import UTF_8_MARK, UTF_16_MARKS, WESTERN, decoded

BULLET = "• "
SCRIPTS = {"script", "style", "noscript", "template"}
NAVIGATION = {"nav"}
OTHER_PARTS = {"svg", "math", "iframe", "object", "select", "datalist", "textarea", "canvas", "audio", "video"}
STRUCK_OUT = {"del", "s", "strike"}
APART = {"a", "abbr", "button", "data", "label", "mark", "small", "span", "strong", "sub", "sup", "time"}
INLINE = APART | {"acronym", "b", "bdi", "bdo", "big", "cite", "code", "dfn", "em", "font", "i", "img", "input", "ins"}
INLINE |= {"kbd", "nobr", "q", "samp", "tt", "u", "var", "wbr"}
ROOM_AROUND = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "pre", "dl", "figure", "hr", "address"}
LISTS = ("ul", "ol")
PARTS_WITH_FEET = ("article", "section", "main")
STARTS, ENDS = "<", ">"
ROLES = {"navigation", "menu", "menubar", "search"}
HIDING = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
CHARSET = re.compile(rb"""<meta\s[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,30})""", re.IGNORECASE)
CHARSET_BYTES = 8192
ENCODINGS = re.compile(r"utf-8|ascii|iso8859-\d+|cp125\d|koi8-[ru]|gb18030|gbk|gb2312|big5|shift_jis|euc_(?:jp|kr)")
STRING, NUMBER = r'"(?:[^"\\]|\\.)*"', r"-?\d+(?:\.\d+)?"
NAMED_SHARE = rf'\{{\s*"name"\s*:\s*{STRING}\s*,\s*"y"\s*:\s*{NUMBER}\s*\}}'
PAIRED_SHARE = rf"\[\s*{STRING}\s*,\s*{NUMBER}\s*\]"
SHARES = re.compile(rf"\[\s*(?:{NAMED_SHARE}(?:\s*,\s*{NAMED_SHARE})*|{PAIRED_SHARE}(?:\s*,\s*{PAIRED_SHARE})*)\s*\]")
LONGEST_SHARES_CHARACTERS = 20_000
BEGINNING, END = re.compile(r"<html[\s>]", re.IGNORECASE), re.compile(r"</html\s*>", re.IGNORECASE)
SAVED_FROM = re.compile(r"saved from url=\(\d+\)(https?://\S{1,500})")
HEADINGS_OF_PAGES = {"h1"}


def read(content: bytes) -> Extract:
    """Return the lines of a page. Raises NotRead."""
    text, notices = _text_of(content)
    if BEGINNING.search(text[:CHARSET_BYTES]) and not END.search(text[-CHARSET_BYTES:]):
        notices.append(Notice("page_breaks_off"))
        text = text[: text.rfind(">") + 1]  # a figure that was cut is another figure
    page = _Page()
    parser = etree.HTMLParser(target=page, huge_tree=True)  # type: ignore[arg-type]  # it gives text, never bytes
    try:
        parser.feed(text.replace("\x00", UNKNOWN_CHARACTER))
        parser.close()
    except etree.XMLSyntaxError:
        raise NotRead("broken") from None
    return page.extract([*notices, *page.notices()])


def _text_of(content: bytes) -> tuple[str, list[Notice]]:
    """Return the characters of a page, in the encoding that it names where that is true. Raises NotRead."""
    named = CHARSET.search(content[:CHARSET_BYTES])
    if named and not content.startswith((UTF_8_MARK, *UTF_16_MARKS)):
        try:
            encoding = codecs.lookup(named[1].decode("ascii")).name
        except LookupError:
            encoding = ""
        if encoding in {"iso8859-1", "ascii"}:
            encoding = WESTERN  # as browsers take it
        if ENCODINGS.fullmatch(encoding):
            try:
                return content.decode(encoding), []
            except UnicodeDecodeError:
                pass
    return decoded(content)


class _Page:
    """Takes the tags of a page as the parser tells them, and makes lines of the text between."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._bullet = ""
        self._room = False
        self._edges = ""
        self._hidden_depth = 0
        self._hidden_as = ""
        self._hidden_text: list[str] = []
        self._counts: Counter[str] = Counter()
        self._address = ""
        self._title: list[str] | None = None
        self._titles: list[str] = []
        self._has_heading = False
        self._open: Counter[str] = Counter()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        self._shares_of(attributes)
        if self._hidden_depth:
            self._hidden_depth += 1
            return
        hidden_as = _hidden_as(tag, attributes, self._open)
        if hidden_as:
            self._hidden_depth, self._hidden_as = 1, hidden_as
            if tag in INLINE or tag in SCRIPTS:
                self._edges += ENDS + STARTS
            else:
                self._flush()
            return
        self._begin(tag, attributes)
        self._open[tag] += 1

    def _begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "title":
            self._title = []
        elif tag == "link" and "canonical" in attributes.get("rel", "").split():
            self._name_address(attributes.get("href", ""))
        elif tag not in INLINE:
            self._flush()
            self._leave_room(tag)
            self._bullet = BULLET if tag == "li" else self._bullet
        elif tag in APART:
            self._edges += STARTS

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        if self._hidden_depth:
            self._hidden_depth -= 1
            if not self._hidden_depth:
                self._close_hidden()
            return
        self._open[tag] -= 1
        if tag == "title":
            self._titles, self._title = self._titles or (self._title or []), None
        elif tag not in INLINE:
            self._has_heading |= tag in HEADINGS_OF_PAGES and bool("".join(self._line).strip())
            self._flush()
            self._leave_room(tag)
            if tag == "li":
                self._bullet = ""
        elif tag in APART:
            self._edges += ENDS

    def data(self, text: str) -> None:
        """Take text."""
        if self._hidden_depth:
            self._hidden_text.append(text)
        elif self._title is not None:
            self._title.append(text)
        else:
            if self._open["pre"] > 0:
                *whole, text = text.split("\n")
                for line in whole:
                    self._line.append(line)
                    self._flush()
            self._append(text)

    def comment(self, text: str) -> None:
        """Take a comment: the address that browsers write into one is all that is read of it."""
        self._counts["comments"] += 1
        saved = SAVED_FROM.search(text)
        if saved:
            self._name_address(saved[1])

    def pi(self, target: str, data: str | None = None) -> None:
        """Take an instruction for a machine: nothing of it is read."""

    def close(self) -> None:
        """Take the end of the page."""
        self._flush()

    def extract(self, notices: list[Notice]) -> Extract:
        """Return the lines: the address, the title where it is needed, then the page. Raises NotRead."""
        extract = Extract(notices=notices)
        title = [] if self._has_heading else [part.strip() for part in "".join(self._titles).split("|")]
        for line in [self._address, *title]:
            if line:
                extract.add(_compact(line))
        for line in self._lines:
            extract.add(line)
        return extract

    def notices(self) -> list[Notice]:
        """Return what has to be said about what was left out."""
        found = []
        parts = {kind: self._counts[kind] for kind in ("scripts", "hidden", "navigation", "comments")}
        if any(parts.values()):
            found.append(Notice("left_out_of_page", parts))
        if self._counts["shares"]:
            found.append(Notice("shares_without_place", {"count": self._counts["shares"]}))
        return found

    def _close_hidden(self) -> None:
        text = "".join(self._hidden_text)
        if self._hidden_as == "scripts":
            shares = list(dict.fromkeys(_compact(found[0]) for found in SHARES.finditer(text)))
            if len(shares) == 1:
                self._add_shares(shares[0])
            self._counts["shares"] += len(shares) if len(shares) > 1 else 0
        elif SHARES.fullmatch(text.strip()[:LONGEST_SHARES_CHARACTERS]):
            self._add_shares(_compact(text))
        if text.strip():
            self._counts[self._hidden_as] += 1
        self._hidden_text = []

    def _shares_of(self, attributes: Mapping[str, str]) -> None:
        for value in attributes.values():
            if len(value) <= LONGEST_SHARES_CHARACTERS and SHARES.fullmatch(value.strip()):
                self._add_shares(_compact(value))

    def _add_shares(self, shares: str) -> None:
        """Take shares as a line, once where they stand twice in the same place."""
        self._flush()
        if not self._lines or self._lines[-1] != shares:
            self._add(shares)

    def _name_address(self, address: str) -> None:
        if address.startswith(("http://", "https://")) and len(address.split()) == 1:
            self._address = self._address or address

    def _append(self, text: str) -> None:
        """Take text into the line, apart from a figure or an element before it: ``25<sup>1</sup>`` is not 251."""
        before = self._line[-1][-1:] if self._line else ""
        if self._edges and before and (ENDS + STARTS in self._edges or before.isdigit() or text[:1].isdigit()):
            self._line.append(" ")
        self._line.append(text)
        self._edges = ""

    def _flush(self) -> None:
        """End the line."""
        line = _compact("".join(self._line))
        self._line, self._edges = [], ""
        if line:
            bullet, self._bullet = self._bullet, ""
            if not (self._lines and self._lines[-1] == line and SHARES.fullmatch(line)):
                self._add(bullet + line)

    def _leave_room(self, tag: str) -> None:
        """Let an empty line stand before the next one, where a browser leaves room around a block."""
        self._room |= tag in ROOM_AROUND or (tag in LISTS and not any(self._open[kind] > 0 for kind in LISTS))

    def _add(self, line: str) -> None:
        if self._room and self._lines:
            self._lines.append("")
        self._room = False
        self._lines.append(line)


def _hidden_as(tag: str, attributes: Mapping[str, str], around: Counter[str]) -> str:
    """Return as what an element is left out. Empty: it is read."""
    if tag in SCRIPTS:
        return "scripts"
    is_foot_of_page = tag == "footer" and not any(around[part] for part in PARTS_WITH_FEET)
    if tag in NAVIGATION or attributes.get("role", "").casefold() in ROLES or is_foot_of_page:
        return "navigation"
    if tag in OTHER_PARTS or tag in STRUCK_OUT or "hidden" in attributes or HIDING.search(attributes.get("style", "")):
        return "hidden"
    return ""


def _compact(text: str) -> str:
    return " ".join(text.split())

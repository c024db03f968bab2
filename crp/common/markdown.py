"""Long texts that officers write in Markdown, as HTML that can't do any harm."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

SCHEMES = {"http", "https", "mailto"}
LAST_HEADING = 6
TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "blockquote", "a", "hr", "h2", "h3", "h4", "h5", "h6"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
# Nobody writes programs in a plan. With these rules off, what older texts hold stays as it was printed: indented
# lines, back quotes, a row of hyphens under a line, and "&amp;".
OFF = ("code", "fence", "backticks", "lheading", "html_block", "html_inline", "image", "entity", "reference")
YEAR_AT_START = re.compile(r"^(\s{0,3}\d{3,})([.)])(?=\s)", re.MULTILINE)


def is_harmless(address: str) -> bool:
    """Return whether a link may lead there: a full address of the web, or one to write to."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme.lower() in SCHEMES and bool(parts.netloc or parts.scheme.lower() == "mailto")


def _open_heading(self: RendererHTML, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    token.tag = env["headings"][token.tag]
    return self.renderToken(tokens, index, options, env)


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": False}).disable(OFF)
    parser.validateLink = is_harmless  # type: ignore[method-assign,assignment]
    parser.add_render_rule("heading_open", _open_heading)
    parser.add_render_rule("heading_close", _open_heading)
    return parser


PARSER = _make_parser()


def render_markdown(text: str, below: int = 3) -> SafeString:
    """Return a text as HTML. ``below``: the level of the heading that it stands under; its own start one lower.

    Two safeguards, each of which would do: the parser knows no HTML, and what it makes passes a list of tags.
    """
    # A paragraph that begins with a year and a full stop is no list that starts at 2017.
    escaped = YEAR_AT_START.sub(r"\1\\\2", text.replace("\r\n", "\n"))
    tokens = PARSER.parse(escaped)
    # Whichever levels an author uses, readers who move by headings find none left out.
    used = sorted({token.tag for token in tokens if token.type == "heading_open"})
    headings = {tag: f"h{min(LAST_HEADING, below + place)}" for place, tag in enumerate(used, start=1)}
    made = PARSER.renderer.render(tokens, PARSER.options, {"headings": headings})
    return mark_safe(  # noqa: S308 (cleaned on the next line)
        nh3.clean(made, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener")
    )

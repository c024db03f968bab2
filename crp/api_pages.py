"""The pages of the documentation that engineers and analysts of partners read, from the Markdown files in docs/."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import nh3
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from crp.common.api.parameters import short
from crp.common.guide import FILES, FIRST, FOLDER, address_of

ELSEWHERE = {"methodology.md": "methodology", "openapi.yaml": "api:schema"}
"""Files that have a page of their own already."""
LOCAL = re.compile(r"(?:http://)?localhost:8000")
LABELS = {"sh": "curl", "python": "Python", "r": "R"}
OF_BUILDERS = re.compile(r"\[([^\]]+)\]\((?:\.\./)*decisions/[^)]*\)")
"""Links to the records of decisions, which are for those who work on CRP: of these the words are shown."""
BREAKS = re.compile(r"(?<=\w)[_./,=](?=[\w{])")
"""Where a name may go on in the next line, so that a table fits a phone; what is copied is the same."""
TITLE = re.compile(r"\A# (.+)\n")
MOST_KEPT = 128  # pages: each in the languages and under the host names that the site is asked under

TAGS = {
    "p", "br", "em", "strong", "ul", "ol", "li", "a", "code", "pre", "h2", "h3",
    "table", "thead", "tbody", "tr", "th", "td", "div", "wbr",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"},
    "p": {"class"},
    "h2": {"id"},
    "h3": {"id"},
    "pre": {"class", "tabindex"},
    "div": {"class", "tabindex"},
    "th": {"scope"},
}


@dataclass(frozen=True)
class ApiPage:
    """A page, with its title and what it says."""

    title: str
    html: SafeString


def _words_of(name: str) -> str:
    return (FOLDER / FILES[name]).read_text(encoding="utf-8")


@cache
def titles() -> dict[str, str]:
    """Return the title of each page, by its name."""
    found = {name: TITLE.match(_words_of(name)) for name in FILES}
    return {name: match[1] for name, match in found.items() if match}


def _address_of_link(link: str, here: str) -> str:
    """Return where a link between the files leads on the site. Raises: KeyError for a file that has no page."""
    path, hash_sign, place = link.partition("#")
    if "://" in link or not path:
        return link
    file = (Path(FILES[here]).parent / path).as_posix().replace("api/../", "")
    if file in ELSEWHERE:
        return reverse(ELSEWHERE[file])  # its headings have other names there
    return address_of(next(name for name, held in FILES.items() if held == file)) + hash_sign + place


class _Renderer(RendererHTML):
    """Makes headings that can be linked to, and tables and examples that can be moved sideways with the keyboard."""

    def heading_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        tokens[index].attrSet("id", slugify(tokens[index + 1].content))
        return self.renderToken(tokens, index, options, env)

    def link_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        tokens[index].attrSet("href", _address_of_link(str(tokens[index].attrGet("href")), env["here"]))
        return self.renderToken(tokens, index, options, env)

    def code_inline(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        made = super().code_inline(tokens, index, options, env)
        return BREAKS.sub(r"\g<0><wbr>", made)

    def th_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return '<th scope="col">'

    def table_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="wide" tabindex="0"><table>'

    def table_close(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>"

    def fence(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[index]
        label = LABELS.get(token.info, "")
        # A block text is the answer to the program just before it.
        if token.info == "text" and index and tokens[index - 1].type == "fence":
            label = "Answer"
        # A command goes on in the next line, where it can be read whole; the lines of a program stay as they are.
        start = '<pre class="command" tabindex="0">' if token.info == "sh" else '<pre tabindex="0">'
        made = super().fence(tokens, index, options, env).replace("<pre>", start, 1)
        return f'<p class="label">{label}</p>{made}' if label else made


PARSER = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")


@lru_cache(maxsize=MOST_KEPT)
def read_page(name: str, site: str, language: str) -> ApiPage:
    """Return a page with the examples asking ``site``, and its links in a language, which must be the current one."""
    words = OF_BUILDERS.sub(r"\1", TITLE.sub("", _words_of(name), count=1))
    made = PARSER.render(LOCAL.sub(lambda found: site, words), {"here": name})
    clean = nh3.clean(made, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https"}, link_rel=None)
    return ApiPage(titles()[name], mark_safe(clean))  # noqa: S308 (our own files, cleaned)


@require_safe
def api_pages(request: HttpRequest) -> HttpResponse:
    """Show the first page of the documentation of the API."""
    return _show(request, FIRST)


@require_safe
def api_page(request: HttpRequest, page: str) -> HttpResponse:
    """Show one of the other pages."""
    if page not in FILES or page == FIRST:
        raise Http404(_("The guide to the API has no page “%(page)s”.") % {"page": short(page)})
    return _show(request, page)


def _show(request: HttpRequest, name: str) -> HttpResponse:
    site = request.build_absolute_uri("/").rstrip("/")
    pages = [{"title": title, "address": address_of(page), "is_here": page == name} for page, title in titles().items()]
    context = {"page": read_page(name, site, get_language() or ""), "pages": pages, "is_first": name == FIRST}
    return render(request, "crp/api_page.html", context)

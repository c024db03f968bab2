"""Markdown of narratives: what it makes of text, and what it never lets through."""

from __future__ import annotations

import re

import pytest

from crp.common.markdown import render_markdown

HARMLESS_TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "blockquote", "a", "hr", "h2", "h3", "h4", "h5", "h6"}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("One.\n\nTwo\nlines.", "<p>One.</p>\n<p>Two\nlines.</p>\n"),
        ("One.\r\n\r\nTwo.", "<p>One.</p>\n<p>Two.</p>\n"),
        ("2017. A year begins this paragraph.", "<p>2017. A year begins this paragraph.</p>\n"),
        ("    An indented line", "<p>An indented line</p>\n"),
        ("A line\n---", "<p>A line</p>\n<hr>\n"),
        ("AT&amp;T & `ticks` < 3 snake_case_name", "<p>AT&amp;amp;T &amp; `ticks` &lt; 3 snake_case_name</p>\n"),
        ("**bold** and *italic*", "<p><strong>bold</strong> and <em>italic</em></p>\n"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"),
        ("3. three\n4. four", '<ol start="3">\n<li>three</li>\n<li>four</li>\n</ol>\n'),
        (
            '[words](https://iom.int/?a=1&b=2 "there")',
            '<p><a href="https://iom.int/?a=1&amp;b=2" title="there" rel="nofollow noopener">words</a></p>\n',
        ),
        ("<mailto:a@iom.int>", '<p><a href="mailto:a@iom.int" rel="nofollow noopener">mailto:a@iom.int</a></p>\n'),
        ("", ""),
    ],
)
def test_text_becomes_html(text: str, made: str) -> None:
    assert render_markdown(text) == made


@pytest.mark.parametrize(
    ("below", "levels"), [(1, ["h2", "h3", "h4"]), (3, ["h4", "h5", "h6"]), (5, ["h6", "h6", "h6"])]
)
def test_headings_start_below_the_one_they_stand_under(below: int, levels: list[str]) -> None:
    made = render_markdown("## One\n\n### Two\n\n###### Six", below)
    assert re.findall(r"<(h\d)>", made) == levels
    assert re.findall(r"</(h\d)>", made) == levels


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src=https://evil.example></iframe>",
        "<style>*{display:none}</style>",
        "<p style='position:fixed'>x</p>",
        "<!-- --><b onclick=alert(1)>x</b>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](\x01javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox(1))",
        "[x](file:///etc/passwd)",
        "[x](//evil.example)",
        "[x](/admin/logout/)",
        "[x](http:evil)",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
        '[x](<https://a.example/" onmouseover="alert(1)>)',
        '[x](https://a.example "\\" onmouseover=\\"alert(1)")',
        "![x](https://a.example/pixel.png)",
        "![x](javascript:alert(1))",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "`<script>`\n\n```\n<script>alert(1)</script>\n```",
        "> " * 200 + "<script>alert(1)</script>",
    ],
)
def test_nothing_that_runs_or_loads_gets_through(attack: str) -> None:
    made = render_markdown(attack)
    for tag, attributes in re.findall(r"<([a-z0-9]+)([^>]*)>", made):
        assert tag in HARMLESS_TAGS
        names = re.findall(r'([\w-]+)="[^"]*"', attributes)
        assert set(names) <= ({"href", "title", "rel"} if tag == "a" else {"start"} if tag == "ol" else set())
        assert re.sub(r'\s[\w-]+="[^"]*"', "", attributes) == ""
    for address in re.findall(r'href="([^"]*)"', made):
        assert re.match(r"(https?://\w|mailto:)", address)

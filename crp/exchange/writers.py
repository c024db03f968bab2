"""Feeds as Atom (RFC 4287) and as JSON Feed 1.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from crp.common.api.renderers import to_json
from crp.exchange.feeds import Feed

Absolute = Callable[[str], str]
"""Makes a path an address with scheme and host."""

ATOM = "application/atom+xml; charset=utf-8"
JSON_FEED = "application/feed+json; charset=utf-8"


class _Atom(Atom1Feed):
    """Atom whose time is that of the data, and whose entries lead to their plan too."""

    def latest_post_date(self) -> Any:
        return self.feed["updated_at"]

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("link", "", {"rel": "related", "href": item["plan_link"]})


def write_atom(feed: Feed, absolute: Absolute, own_address: str) -> bytes:
    """Return a feed as Atom."""
    written = _Atom(
        title=feed.title,
        link=absolute(feed.home),
        description="",
        subtitle=feed.description,
        language=feed.language,
        author_name=feed.title,
        feed_url=absolute(own_address),
        feed_guid=feed.tag,
        updated_at=feed.updated_at,
    )
    for item in feed.items:
        written.add_item(
            title=item.title,
            link=absolute(item.address),
            description=escape(item.summary),  # a summary in Atom is HTML, as Django writes it
            plan_link=absolute(item.plan_address),
            unique_id=item.tag,
            pubdate=item.published_at,
            updateddate=item.published_at,
        )
    return written.writeString("utf-8").encode()


def write_json(feed: Feed, absolute: Absolute, own_address: str) -> bytes:
    """Return a feed as JSON Feed."""
    return to_json(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "description": feed.description,
            "home_page_url": absolute(feed.home),
            "feed_url": absolute(own_address),
            "language": feed.language,
            "items": [
                {
                    "id": item.tag,
                    "url": absolute(item.address),
                    "title": item.title,
                    "content_text": item.summary,
                    "date_published": item.published_at.isoformat(),
                    "date_modified": item.published_at.isoformat(),
                    "_crp": {"plan_url": absolute(item.plan_address)},
                }
                for item in feed.items
            ],
        }
    )

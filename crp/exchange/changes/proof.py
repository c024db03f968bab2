"""Proof of the feed: what it tells of, compared with what the lists hold."""

from __future__ import annotations

from collections.abc import Iterator

from crp.exchange.models import Change

from .resources import RESOURCES, Resource, in_groups


def differences() -> Iterator[str]:
    """Yield a sentence for each object that the feed has wrong. Memory: the keys of one list."""
    for resource in RESOURCES.values():
        yield from _of(resource)


def _of(resource: Resource) -> Iterator[str]:
    told = Change.objects.filter(resource=resource.name, is_deleted=False)
    left = set(told.values_list("key", flat=True))
    for keys in in_groups(resource.keys()):
        shown = resource.shown(keys)
        known = {item.key: item for item in told.filter(key__in=keys)}
        for key in keys:
            if key not in known:
                yield f"{resource.name} {key}: the list holds it, the feed does not tell of it"
            elif key in shown and (known[key].plan_number, known[key].version) != shown[key]:
                yield f"{resource.name} {key}: the feed knows an earlier version of it"
        left.difference_update(keys)
    for key in sorted(left):
        yield f"{resource.name} {key}: the feed tells of it, the list does not hold it"

"""What a program written for one description of the API would trip over in another.

Answers may tell more than before and never less; requests may be allowed more and never less. A value that is added to
a list of values is an addition, in answers too: docs/api.md says so to every reader.

There are packages for this, none of them kept by more than one person for more than a year, and a good one in Go
(oasdiff), which ``make test`` would have to download.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
LOWEST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
HIGHEST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def breaks(old: Json, new: Json) -> list[str]:
    """Return a sentence for each thing that the new description takes away from who knows the old one."""
    return [*_Comparison(old, new).all()]


@dataclass(frozen=True)
class _Side:
    """A description whose references can be followed."""

    document: Json

    def plain(self, node: Any) -> Json:
        """Return what a node says, or what the reference in it leads to."""
        while isinstance(node, Mapping) and "$ref" in node:
            rest = {key: value for key, value in node.items() if key not in {"$ref", "description"}}
            found: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = {**found, **rest}
        return node or {}

    def kinds(self, node: Any) -> list[Json]:
        """Return the single kinds of value that a schema allows, each with at most one type."""
        schema = self.plain(node)
        for word in ("oneOf", "anyOf"):
            if word in schema:
                rest = {key: value for key, value in schema.items() if key != word}
                return [kind for part in schema[word] for kind in self.kinds({**self.plain(part), **_bare(rest)})]
        if "allOf" in schema:
            merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
            for part in map(self.plain, schema["allOf"]):
                properties = {**merged.get("properties", {}), **part.get("properties", {})}
                required = [*merged.get("required", []), *part.get("required", [])]
                merged = {**part, **merged}
                merged |= {"properties": properties} if properties else {}
                merged |= {"required": required} if required else {}
            return self.kinds(merged)
        types = schema.get("type", _types_of_values(schema))
        return [{**schema, "type": name} for name in ([types] if isinstance(types, str | None) else types)]


def _bare(schema: Json) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in {"description", "examples", "default", "title"}}


def _types_of_values(schema: Json) -> Any:
    """Return the types of the values that a schema lists, which is all that some say of their type."""
    if "properties" in schema:
        return "object"
    names = {bool: "boolean", str: "string", int: "integer", float: "number", type(None): "null"}
    return [*dict.fromkeys(names[type(value)] for value in schema["enum"])] if "enum" in schema else None


class _Comparison:
    def __init__(self, old: Json, new: Json) -> None:
        self.old, self.new = _Side(old), _Side(new)
        self._seen: set[tuple[str, str, bool]] = set()

    def all(self) -> Iterator[str]:
        old_paths, new_paths = (_by_shape(side.document["paths"]) for side in (self.old, self.new))
        for shape, (path, item) in old_paths.items():
            if shape not in new_paths:
                yield f"{path}: the address is gone"
                continue
            new_item = new_paths[shape][1]
            for method in METHODS:
                if method in item:
                    where = f"{method.upper()} {path}"
                    if method in new_item:
                        yield from self._operation(where, item[method], new_item[method])
                    else:
                        yield f"{where}: the operation is gone"

    def _operation(self, where: str, old: Json, new: Json) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{where}: the operation was called {old.get('operationId')}, now {new.get('operationId')}"
        free = not old.get("security") or {} in old["security"]
        if free and new.get("security") and {} not in new["security"]:
            yield f"{where}: it takes a key now"
        yield from self._parameters(where, old, new)
        yield from self._body(where, old.get("requestBody"), new.get("requestBody"))
        for status, response in old.get("responses", {}).items():
            if status not in new["responses"]:
                yield f"{where}: the answer {status} is gone"
                continue
            one, other = self.old.plain(response), self.new.plain(new["responses"][status])
            yield from self._media(f"{where} {status}", one, other, is_answer=True)

    def _parameters(self, where: str, old: Json, new: Json) -> Iterator[str]:
        def named(side: _Side, operation: Json) -> dict[tuple[str, str], Json]:
            found = map(side.plain, operation.get("parameters", []))
            # The one of an address has no name that a client sends: its place says which it is.
            return {
                (item["in"], "" if item["in"] == "path" else item["name"]): item for item in found
            }  # fmt: skip

        before, after = named(self.old, old), named(self.new, new)
        for key, parameter in before.items():
            place = f"{where} ?{parameter['name']}"
            if key not in after:
                yield f"{place}: the parameter is gone"
                continue
            now = after[key]
            if now.get("required") and not parameter.get("required"):
                yield f"{place}: it must be given now"
            for word in ("style", "explode"):
                if parameter.get(word) != now.get(word):
                    yield f"{place}: {word} was {parameter.get(word)}, now {now.get(word)}"
            if parameter["schema"].get("default") != now["schema"].get("default"):
                yield f"{place}: what holds where it is not given has changed"
            yield from self._schemas(place, parameter["schema"], now["schema"], is_answer=False)
        for key, parameter in after.items():
            if key not in before and parameter.get("required"):
                yield f"{where} ?{parameter['name']}: a new parameter that must be given"

    def _body(self, where: str, old: Any, new: Any) -> Iterator[str]:
        before, after = self.old.plain(old), self.new.plain(new)
        if before and not after:
            yield f"{where}: it takes no body any more"
        elif after.get("required") and not before.get("required"):
            yield f"{where}: it takes a body now"
        elif before:
            yield from self._media(f"{where} body", before, after, is_answer=False)

    def _media(self, where: str, old: Json, new: Json, *, is_answer: bool) -> Iterator[str]:
        for kind, content in old.get("content", {}).items():
            if kind not in new.get("content", {}):
                yield f"{where}: no {kind} any more"
            else:
                pair = (content.get("schema", {}), new["content"][kind].get("schema", {}))
                yield from self._schemas(where, *pair, is_answer=is_answer)

    def _schemas(self, where: str, old: Any, new: Any, *, is_answer: bool) -> Iterator[str]:
        """Yield why what is sent is no longer all understood: the new by the old client, or the old by the server."""
        pair = (str(old.get("$ref")), str(new.get("$ref")), is_answer)
        if "None" not in pair[:2]:
            if pair in self._seen:
                return
            self._seen.add(pair)
        before, after = self.old.kinds(old), self.new.kinds(new)
        sent, known = (after, before) if is_answer else (before, after)
        for kind in sent:
            partners = [item for item in known if _is_type(kind, item)]
            if not partners:
                types = [item["type"] for item in known]
                verb = "may be" if is_answer else "may no longer be"
                yield f"{where}: {verb} {kind['type']}" + (f", and was {_words(types)}" if is_answer else "")
                continue
            found = [
                [*self._kind(where, *((item, kind) if is_answer else (kind, item)), is_answer=is_answer)]
                for item in partners
            ]
            yield from min(found, key=len)

    def _kind(self, where: str, old: Json, new: Json, *, is_answer: bool) -> Iterator[str]:
        wide, narrow = (old, new) if is_answer else (new, old)
        if narrow["type"] == "null":
            return
        if wide.get("format") and wide["format"] != narrow.get("format"):
            yield f"{where}: format was {old.get('format')}, now {new.get('format')}"
        if not is_answer:
            yield from _values(where, old, new)
            if new.get("pattern") and new["pattern"] != old.get("pattern"):
                yield f"{where}: it must look like {new['pattern']} now"
        yield from _bounds(where, wide, narrow)
        yield from self._object(where, old, new, is_answer=is_answer)
        for word, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if isinstance(wide.get(word), Mapping):
                one, other = old.get(word), new.get(word)
                pair = (one if isinstance(one, Mapping) else {}, other if isinstance(other, Mapping) else {})
                yield from self._schemas(where + mark, *pair, is_answer=is_answer)

    def _object(self, where: str, old: Json, new: Json, *, is_answer: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = set(old.get("required", [])), set(new.get("required", []))
        for name, schema in before.items():
            place = f"{where}.{name}"
            if name not in after:
                yield f"{place}: it is gone"
                continue
            if is_answer and name in was_required - is_required:
                yield f"{place}: it may be left out now"
            yield from self._schemas(place, schema, after[name], is_answer=is_answer)
        if not is_answer:
            for name in sorted(is_required - was_required):
                yield f"{where}.{name}: it must be given now"


def _by_shape(paths: Json) -> dict[str, tuple[str, Json]]:
    return {re.sub(r"\{[^}]*\}", "{}", path): (path, item) for path, item in paths.items()}


def _is_type(sent: Json, known: Json) -> bool:
    return known["type"] is None or sent["type"] == known["type"] or (sent["type"], known["type"]) == INTEGER


INTEGER = ("integer", "number")


def _words(types: list[Any]) -> str:
    return " or ".join(str(name) for name in dict.fromkeys(types))


def _values(where: str, old: Json, new: Json) -> Iterator[str]:
    if "enum" not in new:
        return
    if "enum" not in old:
        yield f"{where}: it must be one of a few values now"
        return
    for value in old["enum"]:
        if value not in new["enum"]:
            yield f"{where}: “{value}” is no value any more"


def _bounds(where: str, wide: Json, narrow: Json) -> Iterator[str]:
    """Yield the limits that what is sent may pass, as who receives it knows them."""
    checks: tuple[tuple[tuple[str, ...], Callable[[Any, Any], bool]], ...] = (
        (LOWEST, lambda sent, known: sent < known),
        (HIGHEST, lambda sent, known: sent > known),
    )
    for words, passes in checks:
        for word in words:
            if word in wide and (word not in narrow or passes(narrow[word], wide[word])):
                yield f"{where}: {word} {wide[word]} may be passed"

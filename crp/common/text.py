"""Text as it is compared."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return a text without accents and capitals: ``Côte d’Ivoire`` and ``cote d'ivoire`` become the same."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(character for character in plain if not unicodedata.combining(character)).casefold()

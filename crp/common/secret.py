"""The secret key of an installation that was given none."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def read_or_make_secret(path: Path) -> str:
    """Return the key kept in ``path``, writing a new one there, readable by its owner only, the first time.

    Raises: ImproperlyConfigured where the file can't be read or made, or is empty.
    """
    if not path.exists():
        try:
            # A link appears whole or not at all: of two workers that start at once, one wins and both read its key.
            with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.") as file:
                file.write(get_random_secret_key())
                file.flush()
                os.link(file.name, path)
        except FileExistsError:
            pass
        except OSError as error:
            raise ImproperlyConfigured(f"Set SECRET_KEY: {path.name} can't be written ({error.strerror}).") from error
    try:
        secret = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"Set SECRET_KEY: {path.name} can't be read ({error.strerror}).") from error
    if not secret:
        raise ImproperlyConfigured(f"{path.name} is empty: delete it, or set SECRET_KEY.")
    return secret

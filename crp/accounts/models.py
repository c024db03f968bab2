"""Who works in CRP."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who signs in. CRP's own model from the first migration, so that it can grow without a swap."""

"""The admin of plans: what they consist of besides money, and the lists they choose from.

Plans and revisions themselves are shown with their figures, so they stand in ``funding.admin``.
"""

from . import lists, profiles, provenance

__all__ = ["lists", "profiles", "provenance"]

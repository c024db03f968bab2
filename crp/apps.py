from django.apps import AppConfig


class CrpConfig(AppConfig):
    """The whole site: its template tags and commands. It has no models of its own."""

    name = "crp"
    verbose_name = "CRP"

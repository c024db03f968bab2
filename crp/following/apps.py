from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FollowingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "crp.following"
    label = "following"
    verbose_name = _("e-mail alerts")

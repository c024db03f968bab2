"""How Django's admin starts here."""

from django.contrib.admin.apps import AdminConfig


class CRPAdminConfig(AdminConfig):
    """Django's admin, with the site of CRP as the one that everything registers with."""

    default_site = "crp.common.admin.site.CRPAdminSite"

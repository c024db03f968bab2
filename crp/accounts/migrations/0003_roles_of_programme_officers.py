"""Roles for the group of programme officers that CRP made before there were roles, so that nobody loses a right."""

from django.db import migrations

GROUP = "Programme officers"
ROLES = ("officer", "funding_officer", "reviewer")


def give_roles(apps, schema_editor):
    """Give the group what its permissions let it do; there is none in a new database."""
    group = apps.get_model("auth", "Group").objects.filter(name=GROUP).first()
    if group is not None:
        for role in ROLES:
            apps.get_model("accounts", "RoleAssignment").objects.get_or_create(
                group=group, role=role, user=None, country=None, region=None
            )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_roles'),
    ]

    operations = [
        migrations.RunPython(give_roles, migrations.RunPython.noop),
    ]

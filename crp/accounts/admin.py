"""The admin of who works in CRP, and with which rights."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group

from crp.accounts.models import User
from crp.common.admin.site import IndexGroup

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    index_group = IndexGroup.PEOPLE
    list_display = ("username", "first_name", "last_name", "email", "is_staff", "is_active", "last_login")


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    index_group = IndexGroup.PEOPLE

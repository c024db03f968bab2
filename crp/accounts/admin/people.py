"""The admin of who works in CRP, and with which rights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.accounts.actions import tell_actions, tell_drafts
from crp.accounts.explaining import who_grants
from crp.accounts.models import RoleAssignment, User
from crp.accounts.roles import DESCRIPTIONS, Role
from crp.common.admin.base import BaseAdmin, BaseTabular
from crp.common.admin.forms import RowForm, RowFormSet, WholeRowForm
from crp.common.admin.site import IndexGroup

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as Pages
else:
    Pages = object

admin.site.unregister(Group)

FROM_ROLES = gettext_lazy(
    "What a person may do comes from roles alone: their own, in the table below, and those of their groups."
)
PLACE = ("country", "region")
RULES: dict[str, str] = {
    "role_assignment_one_place": "region",
    "role_assignment_administrator_everywhere": "role",
    "role_assignment_once": "role",
}


def describe_roles(form: Any) -> None:
    """Let the choice of a role say what it lets somebody do."""
    if "role" in form.fields:
        empty = form.fields["role"].choices[0]
        described = [(role.value, f"{role.label}: {DESCRIPTIONS[role]}") for role in Role]
        form.fields["role"].choices = [empty, *described] if empty[0] == "" else described


def tell_role(assignment: RoleAssignment) -> str:
    """Return what a role lets its holder do."""
    return _("%(holder)s is now: %(role)s, %(place)s (%(description)s).") % {
        "holder": assignment.user or assignment.group,
        "role": assignment.get_role_display(),
        "place": assignment.place,
        "description": DESCRIPTIONS[assignment.role],
    }


class RoleRowForm(RowForm):
    constraint_fields: ClassVar = RULES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe_roles(self)


class RoleRows(RowFormSet):
    """The roles of one holder."""

    def problems(self) -> Iterator[str]:
        """Yield a sentence for each role that two rows give."""
        rows = [form.instance for form in self.rows()]
        given = Counter((row.get_role_display(), row.place) for row in rows)
        for (role, place), times in given.items():
            if times > 1:
                yield _("%(role)s, %(place)s stands more than once: each may stand once.") % {
                    "role": role,
                    "place": place,
                }


class RoleForm(WholeRowForm):
    constraint_fields: ClassVar = RULES | {"role_assignment_one_holder": "user"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe_roles(self)


class RoleInline(BaseTabular):
    """The roles of one person or group."""

    model = RoleAssignment
    form = RoleRowForm
    formset = RoleRows
    verbose_name_plural = gettext_lazy("roles: what may be done, and where")
    fields = ("role", *PLACE)
    autocomplete_fields = PLACE

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoleAssignment]:
        return super().get_queryset(request).select_related(*PLACE)


class HoldsRoles(Pages):
    """The page of whoever holds roles. They are given once the holder is there."""

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return () if obj is None else (RoleInline,)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the roles, and tell what they let somebody do."""
        super().save_formset(request, form, formset, change)
        if formset.model is not RoleAssignment:
            return
        for assignment in (*formset.new_objects, *(row for row, _names in formset.changed_objects)):
            self.message_user(request, tell_role(assignment), messages.INFO)
        for assignment in formset.deleted_objects:
            told = _("%(role)s is taken away.") % {"role": assignment}
            self.message_user(request, told, messages.INFO)


@admin.register(User)
class UserAdmin(HoldsRoles, BaseAdmin, DjangoUserAdmin):
    """People. Only a superuser makes, changes or deletes superusers."""

    index_group = IndexGroup.PEOPLE
    index_order = 1
    keeps_versions = False  # what is kept of a form would hold the hash of the password
    form = UserChangeForm  # type: ignore[assignment]
    list_display = ("username", "first_name", "last_name", "email", "roles_held", "is_staff", "is_active", "last_login")
    list_filter = ("roles__role", "groups", "is_staff", "is_active")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": (("first_name", "last_name"), "email")}),
        (
            gettext_lazy("Rights"),
            {"description": FROM_ROLES, "fields": ("is_active", "is_staff", "is_superuser", "groups")},
        ),
        (gettext_lazy("Record"), {"classes": ("collapse",), "fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "description": gettext_lazy("Save the login first; roles come on the next page."),
                "fields": ("username", "usable_password", "password1", "password2"),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        held = ("roles", "groups__roles")
        places = [f"{roles}__{place}" for roles in held for place in PLACE]
        return super().get_queryset(request).prefetch_related(*places)

    @admin.display(description=gettext_lazy("roles"))
    def roles_held(self, user: User) -> str:
        """Tell the roles of a person, their own and those of their groups."""
        if user.is_superuser:
            return _("superuser")
        of_groups = [held for group in user.groups.all() for held in group.roles.all()]
        told = dict.fromkeys(f"{held.get_role_display()}, {held.place}" for held in (*user.roles.all(), *of_groups))
        return "; ".join(told) or "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Say what the two boxes are for, whatever Django says of its own permissions."""
        help_texts = {
            "is_staff": _("May sign in here at all. Without it roles let nobody in."),
            "is_superuser": _("May do everything, whatever the roles say."),
            "groups": _("A person has the roles of their groups as well."),
        }
        return super().get_form(request, obj, change, help_texts=help_texts, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Show the groups as boxes to tick."""
        return super().formfield_for_manytomany(db_field, request, **{"widget": CheckboxSelectMultiple, **kwargs})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _within_rank(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _within_rank(request, obj)

    def explain_read_only(self, request: HttpRequest, obj: Any) -> str:
        if not _within_rank(request, obj):
            return _("%(person)s is a superuser: only another superuser can change or delete this login.") % {
                "person": obj
            }
        return super().explain_read_only(request, obj)

    def explain_no_deletion(self, request: HttpRequest, obj: Any) -> str:
        if not _within_rank(request, obj):
            return self.explain_read_only(request, obj)
        return super().explain_no_deletion(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Warn where somebody has roles and can't use them."""
        super().save_related(request, form, formsets, change)
        person = form.instance
        if (
            change
            and not (person.is_staff and person.is_active)
            and RoleAssignment.objects.filter(user=person).exists()
        ):
            told = _("%(person)s has roles and can't sign in here: tick “active” and “staff status”.")
            self.message_user(request, told % {"person": person}, messages.WARNING)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.my_rights_view)
        return [path("my-rights/", page, name="my_rights"), *super().get_urls()]

    def my_rights_view(self, request: HttpRequest) -> HttpResponse:
        """Tell somebody what they may do and where, what they may not, and who can change that."""
        user: Any = request.user
        told = tell_actions(user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("My rights"),
            "held": [(held, DESCRIPTIONS[held.role]) for held in user.assignments],
            "may": [item for item in told if item.where],
            "may_not": [item for item in told if not item.where],
            "drafts": tell_drafts(user),
            "who": who_grants(),
            "four_eyes": settings.FOUR_EYES,
        }
        return TemplateResponse(request, "admin/crp/my_rights.html", context)


def _within_rank(request: HttpRequest, person: Any) -> bool:
    """Return whether somebody may touch a login: that of a superuser is for superusers."""
    return person is None or not person.is_superuser or request.user.is_superuser


@admin.register(Group)
class GroupAdmin(HoldsRoles, BaseAdmin, DjangoGroupAdmin):
    index_group = IndexGroup.PEOPLE
    index_order = 2
    fieldsets = (
        (
            None,
            {
                "description": gettext_lazy(
                    "People who do the same work. Each has the roles of the group: those of the table below, no others."
                ),
                "fields": ("name",),
            },
        ),
    )


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(BaseAdmin):
    """All roles, whoever holds them."""

    index_group = IndexGroup.PEOPLE
    index_order = 3
    form = RoleForm
    list_display = ("holder", "role", "place", "lets")
    list_filter = (
        "role",
        ("country", admin.RelatedOnlyFieldListFilter),
        ("region", admin.RelatedOnlyFieldListFilter),
        ("group", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("user", "group", *PLACE)
    search_fields = (
        "user__username",
        "user__first_name",
        "user__last_name",
        "group__name",
        "country__name",
        "country__name_fr",
        "region__name",
    )
    autocomplete_fields = ("user", "group", *PLACE)
    fieldsets = (
        (gettext_lazy("Who: a person or a group"), {"fields": (("user", "group"),)}),
        (gettext_lazy("What and where"), {"fields": ("role", PLACE)}),
    )

    def save_model(self, request: HttpRequest, obj: RoleAssignment, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self.message_user(request, tell_role(obj), messages.INFO)

    @admin.display(description=gettext_lazy("person or group"), ordering="user__username")
    def holder(self, assignment: RoleAssignment) -> str:
        if assignment.group is not None:
            return _("group %(group)s") % {"group": assignment.group}
        return str(assignment.user)

    @admin.display(description=gettext_lazy("where"))
    def place(self, assignment: RoleAssignment) -> str:
        return assignment.place

    @admin.display(description=gettext_lazy("what its holder does"))
    def lets(self, assignment: RoleAssignment) -> str:
        return str(DESCRIPTIONS[assignment.role])

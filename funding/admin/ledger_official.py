"""Official totals: what another system says that a plan had received."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q, QuerySet
from django.forms import Media
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.base import BaseAdmin, show_number
from crp.common.admin.forms import WholeRowForm
from crp.common.admin.site import IndexGroup
from funding.models import ReportedFunding
from funding.services import record_official_total
from funding.services.official import same_part
from funding.services.problems import Problems, check_day
from plans.querysets import seen_plans

from .ledger_figures import watch
from .ledger_filters import ChosenPlanFilter

ONE_IN_FORCE = "reported_funding_one_in_force"


class OfficialTotalForm(WholeRowForm):
    constraint_fields: ClassVar = {
        "reported_funding_names_its_part": "scope",
        "reported_funding_plan_or_year": "year",
        ONE_IN_FORCE: "reported_on",
    }

    def _update_errors(self, errors: ValidationError) -> None:
        """Leave out what saving takes care of: a newer total supersedes the one in force."""
        if self.instance.pk is None and hasattr(errors, "error_dict"):
            taken = next(rule for rule in self.instance._meta.constraints if rule.name == ONE_IN_FORCE)
            by_field = dict(errors.error_dict)
            by_field[NON_FIELD_ERRORS] = [
                problem
                for problem in by_field.get(NON_FIELD_ERRORS, [])
                if problem.message != taken.violation_error_message
            ]
            errors = ValidationError({name: problems for name, problems in by_field.items() if problems})
            if not errors.error_dict:
                return
        super()._update_errors(errors)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        problems = Problems()
        check_day("reported_on", data.get("reported_on"), problems)
        for sentence in problems.by_field.get("reported_on", []):
            self.add_error("reported_on", sentence)
        return data

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.instance.pk is not None or self.errors:
            return
        former = same_part(self.instance)
        if former is not None and former.reported_on >= self.instance.reported_on:
            self.add_error(
                "reported_on",
                _("There is a total of %(day)s already: expected a later day.")
                % {"day": former.reported_on.isoformat()},
            )


@admin.register(ReportedFunding)
class OfficialTotalAdmin(BaseAdmin):
    """Official totals stand beside the contributions on record and are never added to them."""

    index_group = IndexGroup.MONEY
    index_order = 3
    is_limited = True
    form = OfficialTotalForm
    list_display = ("of_what", "scope", "part", "amount_in_usd", "reported_on", "superseded_on", "source")
    list_filter = (
        "scope",
        ("superseded_on", admin.EmptyFieldListFilter),
        ChosenPlanFilter,
        ("country", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("plan", "country", "sector", "source")
    show_full_result_count = False
    search_fields = ("plan__code", "plan__title", "country__name", "country__iso3", "source__title")
    date_hierarchy = "reported_on"
    autocomplete_fields = ("plan", "country", "sector", "source")
    readonly_fields = ("superseded_on", "created_at")
    fieldsets = (
        (
            gettext_lazy("Of what"),
            {"fields": ("plan", "scope", ("country", "year"), ("sector", "is_shared_across_sectors"))},
        ),
        (gettext_lazy("How much"), {"fields": ("amount_usd", "reported_on")}),
        (gettext_lazy("Where it is recorded"), {"fields": (("source", "source_line"),)}),
        (gettext_lazy("Record"), {"classes": ("collapse",), "fields": ("superseded_on", "created_at")}),
    )

    @property
    def media(self) -> Media:
        return super().media + Media(css={"all": ("admin-crp/ledger.css",)})

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportedFunding]:
        """Leave out plans that are not published yet, of countries that are none of this person's."""
        reach = request.user.reach("funding.view_reportedfunding")  # type: ignore[union-attr]
        rows = super().get_queryset(request)
        return rows if reach.everywhere else rows.filter(Q(plan=None) | seen_plans(reach, "plan__"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.superseded_on is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.superseded_on is None)

    def explain_read_only(self, request: HttpRequest, obj: Any) -> str:
        if obj.superseded_on is not None:
            return _("A newer total superseded this one on %(day)s: what readers have seen stays as it is.") % {
                "day": obj.superseded_on.isoformat()
            }
        return super().explain_read_only(request, obj)

    def save_model(self, request: HttpRequest, obj: ReportedFunding, form: Any, change: bool) -> None:
        """Let a new total supersede the one that was in force, and tell what it did to the figures."""

        def save() -> None:
            if change:
                super(OfficialTotalAdmin, self).save_model(request, obj, form, change)
            else:
                record_official_total(total=obj, by=request.user)  # type: ignore[arg-type]

        _none, changes = watch({form.initial.get("plan"), obj.plan_id}, save)
        for figures in changes:
            self.message_user(request, figures.sentence, messages.INFO)

    @admin.display(description=gettext_lazy("of"), ordering="plan__code")
    def of_what(self, total: ReportedFunding) -> str:
        if total.plan is not None:
            return total.plan.code
        return _("outside any plan, %(year)s") % {"year": total.year}

    @admin.display(description=gettext_lazy("part"))
    def part(self, total: ReportedFunding) -> str:
        """Tell which country or sector the total is of."""
        if total.country is not None:
            return str(total.country)
        if total.sector is not None:
            return str(total.sector)
        if total.is_shared_across_sectors:
            return _("several sectors (shared)")
        return "–" if total.scope == ReportedFunding.Scope.TOTAL else _("not specified")

    @admin.display(description=gettext_lazy("received (USD)"), ordering="amount_usd")
    def amount_in_usd(self, total: ReportedFunding) -> SafeString:
        return show_number(total.amount_usd)

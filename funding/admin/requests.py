"""What a revision asks for: the amounts on its own page, and the lists of projects and requests."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import DecimalField, ForeignKey, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.base import BaseTabular, UnknownLast, show_number
from crp.common.admin.forms import RowForm, RowFormSet, WholeRowForm
from crp.common.numbers import write_number, write_percent
from funding.models import FundingRequest, Project, RelatedPlan, RequestShare
from plans.admin.rows import OfRevision, RowAdmin, RowFormSetOfRevision, RowInline, taxonomies_of
from plans.models import Revision
from sectors.models import Sector, Taxonomy

USD = DecimalField(max_digits=15, decimal_places=2)
HUNDRED = Decimal(100)


class AmountForm(RowForm):
    constraint_fields: ClassVar = {"funding_request_amount_not_negative": "amount_usd"}


class FrameworkAmountForm(AmountForm):
    fixed: ClassVar = {"breakdown": FundingRequest.Breakdown.FRAMEWORK}


class ObjectiveAmountForm(AmountForm):
    fixed: ClassVar = {"breakdown": FundingRequest.Breakdown.OBJECTIVE}


class SectorAmountForm(AmountForm):
    fixed: ClassVar = {"breakdown": FundingRequest.Breakdown.SECTOR}


class ClusterAmountForm(AmountForm):
    fixed: ClassVar = {"breakdown": FundingRequest.Breakdown.GLOBAL_CLUSTER}


class CountryAmountForm(AmountForm):
    fixed: ClassVar = {"breakdown": FundingRequest.Breakdown.COUNTRY}


class FrameworkAmounts(RowFormSetOfRevision):
    @classmethod
    def get_default_prefix(cls) -> str:
        return "framework_amounts"


class ObjectiveAmounts(RowFormSetOfRevision):
    @classmethod
    def get_default_prefix(cls) -> str:
        return "objective_amounts"


class SectorAmounts(RowFormSetOfRevision):
    @classmethod
    def get_default_prefix(cls) -> str:
        return "sector_amounts"


class ClusterAmounts(RowFormSetOfRevision):
    @classmethod
    def get_default_prefix(cls) -> str:
        return "global_cluster_amounts"

    def judges_unchanged(self) -> bool:
        return False  # the list of global clusters is the same whatever taxonomy the revision has


class CountryAmounts(RowFormSetOfRevision):
    @classmethod
    def get_default_prefix(cls) -> str:
        return "country_amounts"


class AmountInline(RowInline):
    """The requests of one breakdown. Each has a page of its own for what hangs on it."""

    model = FundingRequest
    verbose_name = gettext_lazy("amount")
    breakdown: ClassVar[str]

    def get_queryset(self, request: HttpRequest) -> QuerySet[FundingRequest]:
        return super().get_queryset(request).filter(breakdown=self.breakdown)


class FrameworkAmountInline(AmountInline):
    breakdown = FundingRequest.Breakdown.FRAMEWORK
    form = FrameworkAmountForm
    formset = FrameworkAmounts
    is_open = False
    verbose_name_plural = gettext_lazy("amounts by framework")
    fields = ("framework", "amount_usd", "order")


class ObjectiveAmountInline(AmountInline):
    breakdown = FundingRequest.Breakdown.OBJECTIVE
    form = ObjectiveAmountForm
    formset = ObjectiveAmounts
    verbose_name_plural = gettext_lazy("amounts by objective")
    fields = ("objective", "amount_usd", "order")


class SectorAmountInline(AmountInline):
    breakdown = FundingRequest.Breakdown.SECTOR
    form = SectorAmountForm
    formset = SectorAmounts
    show_change_link = True
    verbose_name_plural = gettext_lazy("amounts by sector")
    fields = ("sector", "amount_usd", "is_priority", "parts", "order")
    readonly_fields = ("parts",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[FundingRequest]:
        return super().get_queryset(request).prefetch_related("related_plans__plan_family", "request_shares__objective")

    @admin.display(description=gettext_lazy("inter-agency plans; shares by objective"))
    def parts(self, row: FundingRequest) -> str:
        if row._state.adding:
            return ""
        plans = ", ".join(tell_overlap(related) for related in row.related_plans.all())
        shares = ", ".join(
            _("objective %(number)s: %(share)s")
            % {"number": share.objective.number, "share": write_percent(share.share_percent, None)}
            for share in row.request_shares.all()
        )
        return "; ".join(filter(None, (plans, shares))) or "–"


class ClusterAmountInline(AmountInline):
    breakdown = FundingRequest.Breakdown.GLOBAL_CLUSTER
    form = ClusterAmountForm
    formset = ClusterAmounts
    is_open = False
    verbose_name_plural = gettext_lazy("amounts by global cluster")
    fields = ("sector", "amount_usd", "order")

    def offered(self, db_field: ForeignKey, revision: Revision | None) -> QuerySet:
        if db_field.name == "sector":
            return Sector.objects.filter(taxonomy__kind=Taxonomy.Kind.GLOBAL_CLUSTERS).select_related("taxonomy")
        return super().offered(db_field, revision)


class CountryAmountInline(AmountInline):
    breakdown = FundingRequest.Breakdown.COUNTRY
    form = CountryAmountForm
    formset = CountryAmounts
    is_open = False
    verbose_name_plural = gettext_lazy("amounts by country, of a plan for several")
    fields = ("country", "amount_usd", "order")

    def offered(self, db_field: ForeignKey, revision: Revision | None) -> QuerySet:
        if db_field.name == "country" and revision is not None and revision.plan_id:
            return revision.plan.countries.all()
        return super().offered(db_field, revision)


def tell_overlap(related: RelatedPlan) -> str:
    """Return an inter-agency plan with how much of the request lies inside it, as far as it is stated."""
    if related.inside_usd is not None:
        return _("%(plan)s (USD %(amount)s inside)") % {
            "plan": related.plan_family.code,
            "amount": write_number(related.inside_usd),
        }
    if related.inside_percent is not None:
        return _("%(plan)s (%(share)s inside)") % {
            "plan": related.plan_family.code,
            "share": write_percent(related.inside_percent, None),
        }
    short = {"identical": _("identical"), "complementary": _("complementary"), "outside": _("outside")}
    told = short.get(related.overlap)
    return f"{related.plan_family.code} ({told})" if told else related.plan_family.code


class PartForm(RowForm):
    """A row that hangs on another row, and is of the same revision."""

    def _post_clean(self) -> None:
        if self.parent.revision_id is not None:
            self.instance.revision = self.parent.revision
        super()._post_clean()


class PartInline(OfRevision, BaseTabular):
    """Rows on the page of the row that they hang on."""

    formset = RowFormSet


class RelatedPlanForm(PartForm):
    constraint_fields: ClassVar = {
        "related_plan_once_per_request": "plan_family",
        "related_plan_inside_within_bounds": "inside_usd",
        "related_plan_part_has_size": "overlap",
    }


class RelatedPlanInline(PartInline):
    """The inter-agency plans beside a request: without what lies inside them, the two would be added up."""

    model = RelatedPlan
    form = RelatedPlanForm
    autocomplete_fields = ("related_plan",)
    fields = ("plan_family", "related_plan", "overlap", "inside_usd", "inside_percent", "order")


class ShareFormSet(RowFormSet):
    """Shares, which together are at most the whole of their request."""

    def problems(self) -> Iterator[str]:
        total = sum((form.instance.share_percent for form in self.rows()), Decimal(0))
        if total > HUNDRED:
            yield _("The shares by objective add to %(sum)s, more than 100 %%.") % {"sum": write_percent(total, None)}


class ShareInline(PartInline):
    model = RequestShare
    form = PartForm
    formset = ShareFormSet
    fields = ("objective", "share_percent", "amount_usd", "order")


class RequestForm(WholeRowForm):
    constraint_fields: ClassVar = {
        "funding_request_one_target": "breakdown",
        "funding_request_amount_not_negative": "amount_usd",
    } | {f"funding_request_once_per_{target}": target for target in FundingRequest.TARGETS}


@admin.register(FundingRequest)
class FundingRequestAdmin(RowAdmin):
    """Requests of all breakdowns. They tell the same money in different ways, so no list of them shows a sum."""

    index_order = 4
    form = RequestForm
    list_display = ("target_name", "breakdown", "amount_in_usd", "is_priority", "revision")
    list_filter = ("breakdown", "is_priority", "revision__status", "revision__plan__kind")
    list_select_related = ("revision__plan", "framework", "objective", "sector", "country", "project")
    search_fields = (
        "revision__plan__code",
        "framework__name",
        "objective__title",
        "sector__name",
        "sector__name_fr",
        "country__name",
        "country__name_fr",
        "project__code",
        "project__title",
    )
    inlines = (RelatedPlanInline, ShareInline)
    fieldsets = (
        (None, {"fields": ("revision", "breakdown")}),
        (
            gettext_lazy("For what: fill in the one that the breakdown says"),
            {"fields": FundingRequest.TARGETS},
        ),
        (gettext_lazy("How much"), {"fields": ("amount_usd", "is_priority", "order")}),
    )

    def back_to(self, row: FundingRequest) -> str:
        """Return to the revision, whose page the amounts are edited on."""
        return reverse("admin:plans_revision_change", args=[row.revision_id], fragment=f"{row.breakdown}_amounts-group")

    def taxonomies_offered(self, revision: Revision) -> set[int | None]:
        clusters = Taxonomy.objects.filter(kind=Taxonomy.Kind.GLOBAL_CLUSTERS)
        return {revision.taxonomy_id, *clusters.values_list("pk", flat=True)}

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return () if obj is None else super().get_inlines(request, obj)

    @admin.display(description=gettext_lazy("for"))
    def target_name(self, row: FundingRequest) -> str:
        return str(row.target)

    @admin.display(description=gettext_lazy("amount (USD)"), ordering="amount_usd")
    def amount_in_usd(self, row: FundingRequest) -> SafeString:
        return show_number(row.amount_usd)


class ProjectAmountForm(PartForm):
    fixed: ClassVar = {"breakdown": FundingRequest.Breakdown.PROJECT}
    constraint_fields: ClassVar = AmountForm.constraint_fields


class ProjectAmountInline(PartInline):
    """What the project asks for: one amount."""

    model = FundingRequest
    form = ProjectAmountForm
    extra = 1
    max_num = 1
    show_change_link = True
    verbose_name = gettext_lazy("amount asked for")
    fields = ("amount_usd", "is_priority")


class ProjectForm(WholeRowForm):
    constraint_fields: ClassVar = {
        "project_code_once_per_revision": "code",
        "project_received_not_negative": "stated_received_usd",
    }


@admin.register(Project)
class ProjectAdmin(RowAdmin):
    index_order = 3
    form = ProjectForm
    list_display = ("code", "title", "framework", "sector", "requested_usd", "stated_usd", "revision")
    list_display_links = ("code", "title")
    list_filter = (
        "revision__status",
        ("framework__plan_family", admin.RelatedOnlyFieldListFilter),
        ("sector", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("revision__plan", "framework", "sector")
    search_fields = ("code", "title", "description", "revision__plan__code", "revision__plan__title")
    inlines = (ProjectAmountInline,)
    fieldsets = (
        (None, {"fields": ("revision", "code", "title", ("framework", "sector"))}),
        (gettext_lazy("Text"), {"fields": ("description", "beneficiaries")}),
        (gettext_lazy("Money and place"), {"fields": ("stated_received_usd", "order")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        amount = FundingRequest.objects.filter(project=OuterRef("pk")).values("amount_usd")[:1]
        return super().get_queryset(request).annotate(requested_usd=Subquery(amount, output_field=USD))

    def taxonomies_offered(self, revision: Revision) -> set[int | None]:
        return taxonomies_of(revision)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fix the code of a project that an earlier revision has: money received finds it by that."""
        fields = super().get_readonly_fields(request, obj)
        if obj is None:
            return fields
        others = Project.objects.filter(revision__plan=obj.revision.plan, code=obj.code).exclude(pk=obj.pk)
        return (*fields, "code") if others.exists() else fields

    @admin.display(description=gettext_lazy("requested (USD)"), ordering=UnknownLast("requested_usd", USD))
    def requested_usd(self, project: Any) -> SafeString:
        return show_number(project.requested_usd)

    @admin.display(
        description=gettext_lazy("received, as stated (USD)"), ordering=UnknownLast("stated_received_usd", USD)
    )
    def stated_usd(self, project: Project) -> SafeString:
        return show_number(project.stated_received_usd)

"""Webhooks in the admin: whose systems are told of what, how that goes, and what can be done about it."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crp.common.admin.base import BaseAdmin
from crp.common.admin.site import IndexGroup
from crp.common.numbers import write_number
from crp.webhooks.admin_pages import EndpointPages
from crp.webhooks.models import SWITCHES, Delivery, Endpoint
from crp.webhooks.services import begin_endpoint, send_again

Status = Delivery.Status
VERDICTS = {Status.PENDING: "note", Status.DELIVERED: "ok", Status.DEAD: "error"}


@admin.register(Endpoint)
class EndpointAdmin(EndpointPages, BaseAdmin):
    """Addresses that CRP sends to."""

    index_group = IndexGroup.PEOPLE
    index_order = 5
    change_form_template = "admin/crp/webhook_form.html"
    list_display = ("named", "partner", "state", "pending", "dead", "last_delivered_at", "told_since")
    list_filter = ("is_enabled", "disabled_because", ("partner", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("partner", "health", "owner")
    search_fields = ("url", "description", "partner__name", "owner__username")
    autocomplete_fields = ("owner", "partner", "countries", "plans")
    actions = None
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "description": gettext_lazy(
                    "CRP sends a small signed message to this address each time something happens. Only what is "
                    "published is sent, and no personal data."
                ),
                "fields": ("url", "description", ("partner", "owner")),
            },
        ),
        (
            gettext_lazy("Told of"),
            {"fields": (*SWITCHES.values(), "thresholds")},
        ),
        (gettext_lazy("Only of these"), {"fields": ("countries", "plans")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        counted = {
            status.value: Count("deliveries", filter=Q(deliveries__status=status))
            for status in (Status.PENDING, Status.DEAD)
        }
        return super().get_queryset(request).annotate(**{f"number_{name}": count for name, count in counted.items()})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    @admin.display(description=gettext_lazy("webhook"), ordering="url")
    def named(self, endpoint: Endpoint) -> str:
        """Tell what it is for and where it is; an address may carry a token behind its host."""
        host = urlsplit(endpoint.url).netloc
        return f"{endpoint.description} ({host})" if endpoint.description else host

    @admin.display(description=gettext_lazy("state"), ordering="is_enabled")
    def state(self, endpoint: Endpoint) -> SafeString:
        """Tell whether it is told of anything, and how that goes."""
        if not endpoint.is_enabled:
            return _verdict("error", endpoint.get_disabled_because_display())
        if endpoint.health.failing_since is not None:
            return _verdict("warning", _("Failing"))
        return _verdict("ok", _("Enabled"))

    @admin.display(description=gettext_lazy("pending"), ordering="number_pending")
    def pending(self, endpoint: Any) -> SafeString:
        return format_html('<span class="crp-figure">{}</span>', write_number(endpoint.number_pending))

    @admin.display(description=gettext_lazy("dead"), ordering="number_dead")
    def dead(self, endpoint: Any) -> SafeString:
        return format_html('<span class="crp-figure">{}</span>', write_number(endpoint.number_dead))

    @admin.display(description=gettext_lazy("last delivered"), ordering="health__last_delivered_at")
    def last_delivered_at(self, endpoint: Endpoint) -> Any:
        return endpoint.health.last_delivered_at

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        request.made_secret = begin_endpoint(endpoint=obj, at=timezone.now(), by=request.user)  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None) -> HttpResponse:
        return self.show_once(request, obj, request.made_secret)  # type: ignore[attr-defined]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Tell what goes: its deliveries with it, which are too many to name and which nobody deletes by themselves."""
        deliveries = Delivery.objects.filter(endpoint__in=list(objs)).count()
        counts = {self.opts.verbose_name_plural: len(objs), Delivery._meta.verbose_name_plural: deliveries}
        return [str(endpoint) for endpoint in objs], counts, set(), []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        endpoint = kwargs.get("obj")
        # A new one leads to its secret, whichever button is pressed.
        context |= {"show_save_and_add_another": False, "show_save_and_continue": endpoint is not None}
        context |= self.links_of(request, endpoint)
        return super().render_change_form(request, context, *args, **kwargs)


class OutcomeFilter(admin.SimpleListFilter):
    """Deliveries that wait, that arrived, that are given up."""

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(status.value, status.label) for status in Status]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        return queryset.filter(status=self.value()) if self.value() in Status.values else queryset


@admin.register(Delivery)
class DeliveryAdmin(BaseAdmin):
    """What was sent to whom, and what came of it. A record: to send again is all that can be done."""

    index_group = IndexGroup.PEOPLE
    index_order = 6
    keeps_versions = False
    list_display = (
        "event",
        "shown_status",
        "endpoint",
        "attempts",
        "response_code",
        "next_attempt_at",
        "last_attempt_at",
    )
    list_filter = (OutcomeFilter, "event__type", ("endpoint", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("event", "endpoint")
    search_fields = ("=event__subject", "=event__webhook_id")
    search_help_text = gettext_lazy("The code of a plan or a contribution, or a webhook-id.")
    actions = ("send_again",)
    fields: ClassVar = (
        "endpoint", "shown_status", "webhook_id", "happened_at", "attempts", "last_attempt_at", "next_attempt_at",
        "response_code", "shown_answer", "payload",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).select_related("event", "endpoint")

    def has_add_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Return whether somebody may send again."""
        return request.user.has_perm("webhooks.change_delivery")

    def explain_read_only(self, request: HttpRequest, obj: Any) -> str:
        return _("This is a record. The list can send it again: tick it there and choose the action.")

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def shown_status(self, delivery: Delivery) -> SafeString:
        return _verdict(VERDICTS[Status(delivery.status)], delivery.get_status_display())

    @admin.display(description="webhook-id")
    def webhook_id(self, delivery: Delivery) -> SafeString:
        return format_html('<code translate="no">{}</code>', delivery.event.webhook_id)

    @admin.display(description=gettext_lazy("happened at"))
    def happened_at(self, delivery: Delivery) -> str:
        return date_format(timezone.localtime(delivery.event.occurred_at), "DATETIME_FORMAT")

    @admin.display(description=gettext_lazy("answer"))
    def shown_answer(self, delivery: Delivery) -> SafeString | str:
        if not delivery.answer:
            return "–"
        return format_html('<pre class="crp-example"><code translate="no">{}</code></pre>', delivery.answer)

    @admin.display(description=gettext_lazy("what is sent"))
    def payload(self, delivery: Delivery) -> SafeString:
        return format_html('<pre class="crp-example"><code translate="no">{}</code></pre>', delivery.event.payload)

    @admin.action(description=gettext_lazy("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Let what is chosen be sent again."""
        try:
            number = send_again(deliveries=queryset, at=timezone.now())
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            return
        self.message_user(request, tell_sent_again(number), messages.SUCCESS if number else messages.WARNING)


def tell_sent_again(number: int) -> str:
    """Return that deliveries are to be sent again, and what is not."""
    if not number:
        return _("Nothing here can be sent again: it waits already, or is a test.")
    told = ngettext("%(number)s delivery is sent again.", "%(number)s deliveries are sent again.", number)
    return told % {"number": write_number(number)}


def _verdict(kind: str, words: Any) -> SafeString:
    return format_html('<span class="crp-verdict crp-verdict-{}">{}</span>', kind, words)

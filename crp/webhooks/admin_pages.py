"""The buttons of a webhook: a test, a new secret, on and off, and the dead once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.common.numbers import write_number
from crp.webhooks.models import Delivery, Endpoint, EventType
from crp.webhooks.services import BOTH_FOR, disable_endpoint, enable_endpoint, rotate_secret, send_again, send_ping

if TYPE_CHECKING:
    from crp.common.admin.base import BaseAdmin as Pages
else:
    Pages = object


class EndpointPages(Pages):
    """Pages of one webhook."""

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "test": self.test_view,
            "secret": self.secret_view,
            "switch": self.switch_view,
            "send-again": self.send_again_view,
        }
        return [
            *(
                path(
                    f"<path:object_id>/{name}/",
                    self.admin_site.admin_view(view),
                    name=f"webhooks_endpoint_{name.replace('-', '_')}",
                )
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def links_of(self, request: HttpRequest, endpoint: Endpoint | None) -> dict[str, Any]:
        """Return the addresses of what this person can do with a webhook; none where they can't."""
        if endpoint is None or not request.user.has_perm("webhooks.change_endpoint", endpoint):
            return {}
        dead = _dead(endpoint).exists()
        return {
            "saved": endpoint,
            "test_url": address_of(endpoint, "test"),
            "secret_url": address_of(endpoint, "secret"),
            "switch_url": address_of(endpoint, "switch"),
            "send_again_url": address_of(endpoint, "send_again") if dead else "",
            "deliveries_url": list_of(endpoint),
        }

    def _find(self, request: HttpRequest, object_id: str) -> Endpoint | None:
        """Return the webhook of an address. Raises: PermissionDenied where this person may not change it."""
        user: Any = request.user
        user.require("webhooks.change_endpoint")
        return self.get_object(request, unquote(object_id))

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a test, and show what was answered."""
        endpoint = self._find(request, object_id)
        if endpoint is None:
            return self.tell_missing(request, object_id)
        if request.method == "POST":
            send_ping(endpoint=endpoint, at=timezone.now())
            return redirect(address_of(endpoint, "test"))
        pings = endpoint.deliveries.filter(event__type=EventType.PING).select_related("event").order_by("-pk")
        more = {"pings": pings[:5], "button": _("Send a test")}
        return self._show(request, endpoint, "test", _("Test of %(webhook)s") % {"webhook": endpoint}, more)

    def secret_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, make a new secret, and show it."""
        endpoint = self._find(request, object_id)
        if endpoint is None:
            return self.tell_missing(request, object_id)
        current = endpoint.secrets.filter(ends_at=None).first()
        if request.method == "POST":
            of = request.POST.get("of", "")
            former = int(of) if of.isascii() and of.isdigit() and len(of) < 19 else 0
            try:
                secret = rotate_secret(endpoint=endpoint, at=timezone.now(), former=former)
            except ValidationError as refusal:
                self.message_user(request, " ".join(refusal.messages), messages.WARNING)
                return redirect(address_of(endpoint, "secret"))
            return self.show_once(request, endpoint, secret)
        more = {"current": current, "hours": _hours(), "button": _("Make a new secret")}
        return self._show(request, endpoint, "secret", _("New secret of %(webhook)s") % {"webhook": endpoint}, more)

    def show_once(self, request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
        """Return the page with a secret, which no browser keeps and no address leads to."""
        is_rotated = endpoint.secrets.count() > 1
        more = {"secret": secret, "hours": _hours() if is_rotated else 0, "test_url": address_of(endpoint, "test")}
        response = self._show(request, endpoint, "made", _("Copy the secret now"), more)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response.saved_as = address_of(endpoint)  # type: ignore[attr-defined]  # what a form sent twice leads to
        return response

    def switch_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and disable a webhook or enable it."""
        endpoint = self._find(request, object_id)
        if endpoint is None:
            return self.tell_missing(request, object_id)
        if request.method == "POST":
            if request.POST.get("to") == "off":
                disable_endpoint(endpoint=endpoint, by=request.user)
                told = _("%(webhook)s is disabled: nothing is sent to it.")
            else:
                enable_endpoint(endpoint=endpoint, at=timezone.now(), by=request.user)
                told = _("%(webhook)s is enabled.")
            self.message_user(request, told % {"webhook": endpoint}, messages.SUCCESS)
            return redirect(address_of(endpoint))
        if endpoint.is_enabled:
            title, button = _("Disable %(webhook)s"), _("Disable")
        else:
            title, button = _("Enable %(webhook)s"), _("Enable")
        waiting = endpoint.deliveries.filter(status=Delivery.Status.PENDING).count()
        told = ngettext("%(number)s delivery waits for it.", "%(number)s deliveries wait for it.", waiting)
        more = {"waiting": told % {"number": write_number(waiting)}, "button": button}
        return self._show(request, endpoint, "switch", title % {"webhook": endpoint}, more)

    def send_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and send again whatever is dead."""
        endpoint = self._find(request, object_id)
        if endpoint is None:
            return self.tell_missing(request, object_id)
        dead = _dead(endpoint)
        if request.method == "POST":
            try:
                number = send_again(deliveries=dead, at=timezone.now())
            except ValidationError as refusal:
                self.message_user(request, " ".join(refusal.messages), messages.ERROR)
                return redirect(address_of(endpoint))
            told = ngettext("%(number)s delivery is sent again.", "%(number)s deliveries are sent again.", number)
            self.message_user(request, told % {"number": write_number(number)}, messages.SUCCESS)
            return redirect(list_of(endpoint))
        number = dead.count()
        told = ngettext("%(number)s delivery is dead.", "%(number)s deliveries are dead.", number)
        more = {"dead": told % {"number": write_number(number)}, "button": _("Send all of them again")}
        return self._show(request, endpoint, "again", _("Send again to %(webhook)s") % {"webhook": endpoint}, more)

    def _show(
        self, request: HttpRequest, endpoint: Endpoint, name: str, title: str, more: dict[str, Any]
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": endpoint,
            "media": self.media,
            **more,
        }
        return TemplateResponse(request, f"admin/crp/webhook_{name}.html", context)


def _dead(endpoint: Endpoint) -> Any:
    return endpoint.deliveries.filter(status=Delivery.Status.DEAD).exclude(event__type=EventType.PING)


def _hours() -> int:
    return int(BOTH_FOR.total_seconds() // 3600)


def address_of(endpoint: Endpoint, page: str = "change") -> str:
    """Return the address of a page of a webhook."""
    return reverse(f"admin:webhooks_endpoint_{page}", args=[endpoint.pk])


def list_of(endpoint: Endpoint) -> str:
    """Return the address of the list of its deliveries."""
    return reverse("admin:webhooks_delivery_changelist", query={"endpoint__id__exact": endpoint.pk})

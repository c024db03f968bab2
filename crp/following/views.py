"""The pages of those who follow something. None of them needs a cookie, and none is kept by a browser.

Links in e-mails are opened by programs that look for malware as well as by people, so that to open one changes nothing:
it shows a page with a button. The token in the address is the right to press it, which nobody else has; a second token
against forged forms would only keep out browsers that take no cookies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crp.common.pages import BadParameterError
from crp.following import services, subjects
from crp.following.forms import ChangeForm, FollowForm
from crp.following.limits import client_of, is_too_many
from crp.following.mails import MailFailedError, from_site, link
from crp.following.models import Subscription
from crp.following.subjects import Subject, subject_of
from crp.following.tokens import Purpose, find

page = require_http_methods(["GET", "HEAD", "POST"])


@csrf_exempt
@never_cache
@page
def follow(request: HttpRequest) -> HttpResponse:
    """Ask for an e-mail address to tell of one thing, or of everything."""
    try:
        subject = subjects.read(request.GET)
    except BadParameterError as error:
        context = {"problem": {"name": error.parameter, "sentence": error.sentence}}
        return render(request, "following/follow.html", context, status=400)
    if request.method != "POST":
        return render(request, "following/follow.html", {"subject": subject, "form": FollowForm()})
    return _take(request, subject)


def _take(request: HttpRequest, subject: Subject) -> HttpResponse:
    """Answer a form: in the same words, and after the same work, whether the address is known or not."""
    now = timezone.now()
    form = FollowForm(request.POST)
    refusal, status = "", 400
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        refusal, status = _("This form was sent by another site. Send it from here."), 403
    elif form.is_valid():
        if is_too_many("client", client_of(request), now):
            refusal, status = _("Too many requests came from your network. Try again in an hour."), 429
        else:
            try:
                services.ask_to_follow(
                    email=form.cleaned_data["email"],
                    frequency=form.cleaned_data["frequency"],
                    subject=subject,
                    language=get_language() or settings.LANGUAGE_CODE,
                    now=now,
                    absolute=from_site if settings.SITE_ADDRESS else request.build_absolute_uri,
                )
                return HttpResponseRedirect(reverse("follow-asked"))
            except MailFailedError:
                refusal, status = _("The e-mail could not be sent just now. Try again in a few minutes."), 503
    context = {"subject": subject, "form": form, "refusal": refusal}
    response = render(request, "following/follow.html", context, status=status)
    if status == 429:
        response["Retry-After"] = "3600"
    return response


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Say that an e-mail is on its way: the same to everybody."""
    return render(request, "following/asked.html")


def with_token(purpose: Purpose) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Give a page the subscription that the token of its address is of; 404 with a way on where it is of none."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @never_cache
        @page
        @wraps(view)
        def show(request: HttpRequest) -> HttpResponse:
            subscription = find(request.GET.get("token", ""), purpose)
            if subscription is None or subscription.is_expired(timezone.now()):
                return render(request, "following/gone.html", {"purpose": purpose.value}, status=404)
            return view(request, subscription)

        return show

    return decorate


def _context(subscription: Subscription, **more: Any) -> dict[str, Any]:
    subject = subject_of(subscription)
    return {"subscription": subscription, "subject": subject, "manage": link(subscription, Purpose.MANAGE), **more}


@with_token(Purpose.CONFIRM)
def confirm(request: HttpRequest, subscription: Subscription) -> HttpResponse:
    """Let the owner of an address say that they want to be told."""
    if request.method == "POST":
        services.confirm(subscription=subscription, now=timezone.now())
    return render(request, "following/confirm.html", _context(subscription))


@with_token(Purpose.STOP)
def stop(request: HttpRequest, subscription: Subscription) -> HttpResponse:
    """End a subscription: by the button of the page, or by that of a mail program (RFC 8058), which sees no page."""
    context = _context(subscription)
    if request.method == "POST":
        services.stop(subscription=subscription)
        return render(request, "following/stopped.html", context)
    return render(request, "following/stop.html", context)


@with_token(Purpose.MANAGE)
def manage(request: HttpRequest, subscription: Subscription) -> HttpResponse:
    """Show all that an address follows, and let its owner change or end it."""
    if request.method != "POST":
        return _show_all(request, subscription)
    step = request.POST.get("step", "")
    if step == "stop-all":
        services.stop_all(email=subscription.email)
        return render(request, "following/stopped.html", {"is_all": True})
    key = request.POST.get("subscription", "")
    rows = _followed(subscription.email)
    one = rows.filter(pk=int(key)).first() if key.isascii() and key.isdecimal() and len(key) < 19 else None
    if one is not None and step == "stop":
        return _stop_one(request, one)
    form = ChangeForm(request.POST)
    if one is None or step != "change" or not form.is_valid():
        return _show_all(request, subscription, problem=_("Nothing was changed: it is not followed any more."))
    services.change(subscription=one, **form.cleaned_data)
    return HttpResponseRedirect(f"{link(subscription, Purpose.MANAGE)}&done=change")


def _followed(email: str) -> QuerySet[Subscription]:
    return Subscription.objects.filter(email=email, confirmed_at__isnull=False).order_by("kind", "subject")


def _stop_one(request: HttpRequest, one: Subscription) -> HttpResponse:
    """End one of several subscriptions, and go on with the page of the others, which has a token of its own."""
    services.stop(subscription=one)
    left = _followed(one.email).first()
    if left is None:
        return render(request, "following/stopped.html", {"subject": subject_of(one)})
    return HttpResponseRedirect(f"{link(left, Purpose.MANAGE)}&done=stop")


DONE = ("change", "stop")


def _show_all(request: HttpRequest, subscription: Subscription, problem: str = "") -> HttpResponse:
    rows = _followed(subscription.email)
    done = request.GET.get("done", "")
    context = {
        "email": subscription.email,
        "lines": [(row, subject_of(row)) for row in rows],
        "frequencies": Subscription.Frequency.choices,
        "spoken": settings.LANGUAGES,
        "done": done if done in DONE and not problem else "",
        "problem": problem,
    }
    return render(request, "following/manage.html", context, status=400 if problem else 200)

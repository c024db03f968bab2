"""The addresses of HAPI. Its own have no slash at the end; some of its clients write one, which changes nothing."""

from django.urls import URLPattern, path, re_path

from crp.exchange.hapi import views

ADDRESSES = {
    "coordination-context/funding": (views.FundingView, "hapi-funding"),
    "coordination-context/operational-presence": (views.PresenceView, "hapi-presence"),
    "encode_app_identifier": (views.EncodeIdentifierView, "hapi-encode-identifier"),
    "util/version": (views.VersionView, "hapi-version"),
}
urlpatterns: list[URLPattern] = []
for address, (view, name) in ADDRESSES.items():
    urlpatterns.append(path(address, view.as_view(), name=name))
    urlpatterns.append(path(f"{address}/", view.as_view(schema=None)))
urlpatterns.append(re_path(r"^", views.NoSuchHapiView.as_view(schema=None)))

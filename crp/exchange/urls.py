"""The addresses of this app."""

from django.urls import path

from crp.exchange import views
from crp.exchange.download_urls import urlpatterns as download_urls
from crp.exchange.pictures.urls import urlpatterns as picture_urls

urlpatterns = [
    path("feeds/revisions.atom", views.site_atom, name="feed-atom"),
    path("feeds/revisions.json", views.site_json, name="feed-json"),
    path("countries/<str:iso3>/revisions.atom", views.country_atom, name="feed-country-atom"),
    path("countries/<str:iso3>/revisions.json", views.country_json, name="feed-country-json"),
    path("sectors/<slug:taxonomy>/<slug:code>/revisions.atom", views.sector_atom, name="feed-sector-atom"),
    path("sectors/<slug:taxonomy>/<slug:code>/revisions.json", views.sector_json, name="feed-sector-json"),
    path("plans/<str:code>/revisions.atom", views.plan_atom, name="feed-plan-atom"),
    path("plans/<str:code>/revisions.json", views.plan_json, name="feed-plan-json"),
    *download_urls,
    *picture_urls,
]

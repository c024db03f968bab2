"""The addresses of downloads and briefs, each below the page of the same figures."""

from django.urls import path

from crp.exchange import download_views as views

urlpatterns = [
    path("gaps/download.<str:format>", views.gaps_download, name="gaps-download"),
    path("gaps/finder/download.<str:format>", views.finder_download, name="gap-finder-download"),
    path("compare/download.<str:format>", views.compare_download, name="compare-download"),
    path("gaps/brief.pdf", views.gaps_brief, name="gaps-brief"),
    path("donors/download.<str:format>", views.donors_download, name="donors-download"),
    path("donors/<str:code>/download.<str:format>", views.donor_download, name="donor-download"),
    path("countries/download.<str:format>", views.countries_download, name="countries-download"),
    path("sectors/download.<str:format>", views.sectors_download, name="sectors-download"),
    path("plans/<str:code>/download.<str:format>", views.plan_download, name="plan-download"),
    path("plans/<str:code>/brief.pdf", views.plan_brief_pdf, name="plan-brief"),
    path("plans/<str:code>/funding/download.<str:format>", views.plan_funding_download, name="plan-funding-download"),
]

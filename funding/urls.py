"""The pages of this app."""

from django.urls import path

from funding import views

urlpatterns = [
    path("gaps/", views.gap_explorer, name="gaps"),
    path("gaps/finder/", views.gap_finder, name="gap-finder"),
    path("what-if/", views.what_if, name="what-if"),
    path("compare/", views.compare, name="compare"),
    path("countries/", views.country_list, name="countries"),
    path("countries/<str:iso3>/", views.country_page, name="country"),
    path("donors/", views.donor_list, name="donors"),
    path("donors/<str:code>/", views.donor_page, name="donor"),
    path("organizations/<str:code>/", views.organization_page, name="organization"),
    path("plans/<str:code>/", views.plan_page, name="plan"),
    path("plans/<str:code>/funding/", views.plan_funding, name="plan-funding"),
    path("plans/<str:code>/checks/", views.plan_checks, name="plan-checks"),
    path("plans/<str:code>/revisions/", views.plan_revisions, name="plan-revisions"),
    path("plans/<str:code>/revisions/<str:number>/", views.plan_revision, name="plan-revision"),
    path(
        "plans/<str:code>/revisions/<str:number>/canonical.json",
        views.plan_revision_canonical,
        name="plan-revision-canonical",
    ),
    path("plans/<str:code>/diff/", views.plan_diff, name="plan-diff"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.search_suggest, name="search-suggest"),
    path("sectors/", views.sector_list, name="sectors"),
    path("sectors/<slug:taxonomy>/<slug:code>/", views.sector_page, name="sector"),
]

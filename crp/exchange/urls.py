"""The addresses of this app."""

from django.urls import path

from crp.exchange import views

urlpatterns = [
    path("feeds/revisions.atom", views.site_atom, name="feed-atom"),
    path("feeds/revisions.json", views.site_json, name="feed-json"),
    path("plans/<str:code>/revisions.atom", views.plan_atom, name="feed-plan-atom"),
    path("plans/<str:code>/revisions.json", views.plan_json, name="feed-plan-json"),
]

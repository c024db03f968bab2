"""The pages that belong to no one app."""

from django.urls import path

from crp import api_pages, views

urlpatterns = [
    path("", views.home, name="home"),
    path("methodology/", views.methodology, name="methodology"),
    path("data/", views.data, name="data"),
    path("data/api/", api_pages.api_pages, name="api-pages"),
    path("data/api/<slug:page>/", api_pages.api_page, name="api-page"),
]

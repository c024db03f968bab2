"""The pages that belong to no one app."""

from django.urls import path

from crp import views

urlpatterns = [
    path("", views.home, name="home"),
    path("methodology/", views.methodology, name="methodology"),
    path("data/", views.data, name="data"),
]

"""The addresses of this app. Tokens stand in the query, which the access log leaves out."""

from django.urls import path

from crp.following import views

urlpatterns = [
    path("follow/", views.follow, name="follow"),
    path("follow/asked/", views.asked, name="follow-asked"),
    path("follow/confirm/", views.confirm, name="follow-confirm"),
    path("follow/stop/", views.stop, name="follow-stop"),
    path("follow/manage/", views.manage, name="follow-manage"),
]

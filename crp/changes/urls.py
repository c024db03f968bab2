"""The page of changes, among those of the admin."""

from django.contrib import admin
from django.urls import path

from . import views

urlpatterns = [path("", admin.site.admin_view(views.changes), name="admin_changes")]

"""The pages that show no one app."""

urlpatterns: list = []

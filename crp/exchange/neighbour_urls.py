"""The addresses in other people's shapes: in one language, outside of the versions of our own API."""

from django.urls import include, path

from crp.exchange.fts_files import views as fts
from crp.exchange.iati import views as iati

urlpatterns = [
    path("api/v2/", include("crp.exchange.hapi.urls")),
    path("exchange/fts/", fts.FtsIndexView.as_view(), name="fts-files"),
    path("exchange/fts/<str:name>.csv", fts.FtsFileView.as_view(), name="fts-file"),
    path("iati/activities.xml", iati.ActivitiesView.as_view(), name="iati-activities"),
    path("iati/<str:code>.xml", iati.ActivityView.as_view(), name="iati-activity"),
]

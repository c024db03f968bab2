"""Every address of the site: pages and admin in each language, the API once."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from crp import views
from crp.exchange import sitemap_views

urlpatterns = [
    path("api/v1/", include("crp.api_urls")),
    path("", include("crp.exchange.neighbour_urls")),
    path("robots.txt", sitemap_views.robots, name="robots"),
    path("sitemap.xml", sitemap_views.sitemap, name="sitemap"),
    path("sitemap-<slug:section>-<int:number>.xml", sitemap_views.sitemap_section, name="sitemap-section"),
    path("service-worker.js", views.service_worker, name="service-worker"),
    *i18n_patterns(
        path("admin/changes/", include("crp.changes.urls")),
        path("admin/", admin.site.urls),
        path("", include("sectors.urls")),
        path("", include("plans.urls")),
        path("", include("funding.urls")),
        path("", include("crp.exchange.urls")),
        path("", include("crp.following.urls")),
        path("", include("crp.page_urls")),
        # English has no prefix: an address that is passed on shows everybody the same page.
        prefix_default_language=False,
    ),
]

"""The addresses of the API, version 1."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from rest_framework.routers import SimpleRouter

from crp.common.api.root import DocsView, NoSuchAddressView, RootView, SchemaView
from crp.exchange.changes.api import ChangesView
from crp.exchange.dumps.api import DumpFileView, DumpsView
from funding.api import views as funding
from funding.api.plans import PlanViewSet
from funding.api.rollups import RollupsView
from funding.api.writing import WritableContributionViewSet
from plans.api import views as plans
from plans.api.terms import TermsView
from sectors.api import views as sectors

router = SimpleRouter()
router.register("plans", PlanViewSet, basename="plans")
router.register("objectives", funding.ObjectiveViewSet, basename="objectives")
router.register("outcomes", funding.OutcomeViewSet, basename="outcomes")
router.register("projects", funding.ProjectViewSet, basename="projects")
router.register("funding-requests", funding.FundingRequestViewSet, basename="funding-requests")
router.register("contributions", WritableContributionViewSet, basename="contributions")
router.register("reported-funding", funding.ReportedFundingViewSet, basename="reported-funding")
router.register("organizations", funding.OrganizationViewSet, basename="organizations")
router.register("sectors", sectors.SectorViewSet, basename="sectors")
router.register("taxonomies", sectors.TaxonomyViewSet, basename="taxonomies")
router.register("countries", plans.CountryViewSet, basename="countries")

LISTS = (*(basename for _prefix, _view, basename in router.registry), "terms", "changes", "dumps")

addresses: list[URLPattern | URLResolver] = [
    path("", RootView.as_view(lists=LISTS), name="root"),
    path("", include(router.urls)),
    path("terms/", TermsView.as_view(), name="terms-list"),
    path("changes/", ChangesView.as_view(), name="changes-list"),
    path("dumps/", DumpsView.as_view(), name="dumps-list"),
    path("dumps/<str:dump>/<str:file>", DumpFileView.as_view(), name="dumps-file"),
    path("rollups/", RollupsView.as_view(), name="rollups"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(url_name="api:schema"), name="docs"),
    # What ends in no slash is sent on to where it does, and answered there.
    re_path(r"^.*/$", NoSuchAddressView.as_view()),
]
urlpatterns = [path("", include((addresses, "api")))]

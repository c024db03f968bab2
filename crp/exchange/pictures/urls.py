"""The addresses of charts as files, of previews and of frames."""

from django.urls import path

from crp.exchange.pictures import views

urlpatterns = [
    path("charts/<slug:name>.<slug:form>", views.portfolio_chart, name="chart"),
    path("plans/<str:code>/charts/<slug:name>.<slug:form>", views.plan_chart, name="plan-chart"),
    path("og.png", views.home_preview, name="home-preview"),
    path("plans/<str:code>/og.png", views.plan_preview, name="plan-preview"),
    path("embed/plans/<str:code>/", views.plan_embed, name="embed-plan"),
    path("embed/plans/<str:code>/charts/<slug:name>/", views.chart_embed, name="embed-chart"),
]

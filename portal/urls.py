"""Every address of the portal."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from accounts.views.invitations import invitation
from core.api import unknown
from portal import api_docs, gallery, health, views
from portal.demo import views as demo

handler429 = "portal.views.too_many"  # allauth's rate limits lead to it
favicon = login_not_required(RedirectView.as_view(url="/static/salus/img/favicon.svg"))

urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("components/", gallery.gallery, name="gallery"),
    path("demo/sign-in/", demo.sign_in, name="demo_sign_in"),
    path("demo/code/", demo.code, name="demo_code"),
    path("demo/mail/", demo.mail, name="demo_mail"),
    path("demo/shipment-good.csv", demo.shipment_file, {"kind": "good"}, name="demo_good_csv"),
    path("demo/shipment-bad.csv", demo.shipment_file, {"kind": "bad"}, name="demo_bad_csv"),
    # Browsers ask for it where a page of somebody else's (the administration) names no icon.
    path("favicon.ico", favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("account/", include("accounts.urls")),
    path("organisation/", include("accounts.organisation_urls")),
    path("invitations/<uuid:pk>/<str:token>/", invitation, name="invitation"),
    path("account/", include("allauth.account.urls")),
    path("corrections/", include("accounts.corrections_urls")),
    path("notices/", include("accounts.notices.urls")),
    path("admin/", admin.site.urls),
    path("", include("chain.urls")),
    path("", include("oversight.urls")),
    path("", include("records.urls")),
    path("", include("supply.urls")),
    path("", include("exchange.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/ledger/", include("chain.api.urls")),
    path("api/v1/", include("oversight.api.urls")),
    path("api/v1/", include("records.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", api_docs.docs, name="api-docs"),
    re_path(r"^api/(?P<rest>.*)$", unknown, name="api-unknown"),
]
handler400, handler500 = "portal.views.bad_request", "portal.views.server_error"

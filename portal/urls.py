"""Every address of the portal."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from core.api import unknown
from portal import api_docs, audit, gallery, health, views
from portal.demo import views as demo

# Staff sign in like everybody: rate limits, verified address, later the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
favicon = login_not_required(RedirectView.as_view(url="/static/salus/img/favicon.svg"))

urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("audit/", audit.audit_log, name="audit-log"),
    path("components/", gallery.gallery, name="gallery"),
    path("demo/sign-in/", demo.sign_in, name="demo_sign_in"),
    path("demo/shipment-good.csv", demo.shipment_file, {"kind": "good"}, name="demo_good_csv"),
    path("demo/shipment-bad.csv", demo.shipment_file, {"kind": "bad"}, name="demo_bad_csv"),
    # Browsers ask for it where a page of somebody else's (the administration) names no icon.
    path("favicon.ico", favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.account.urls")),
    path("corrections/", include("accounts.corrections_urls")),
    path("notices/", include("accounts.notices.urls")),
    path("admin/", admin.site.urls),
    path("", include("chain.urls")),
    path("", include("records.urls")),
    path("", include("supply.urls")),
    path("", include("exchange.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/ledger/", include("chain.api.urls")),
    path("api/v1/", include("records.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", api_docs.docs, name="api-docs"),
    re_path(r"^api/(?P<rest>.*)$", unknown, name="api-unknown"),
]
handler400, handler500 = "portal.views.bad_request", "portal.views.server_error"

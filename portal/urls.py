"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from portal import gallery, views

urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("components/", gallery.gallery, name="gallery"),
    path("account/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
]

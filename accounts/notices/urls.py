"""/notices/."""

from django.urls import path

from accounts.views import notices

urlpatterns = [
    path("", notices.notices, name="notices"),
    path("read/", notices.read_all, name="notices-read"),
    path("<uuid:pk>/", notices.follow, name="notice"),
    path("<uuid:pk>/read/", notices.read, name="notice-read"),
]

"""The Celery application; the portal's AppConfig imports it, so that tasks find it everywhere."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("salus")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

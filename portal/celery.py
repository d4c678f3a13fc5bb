"""The Celery application; the portal's AppConfig imports it, so that tasks find it everywhere."""

import gc
import os

from celery import Celery
from celery.signals import task_prerun, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("salus")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def forget_what_stays(**_: object) -> None:
    """Keep the garbage collector off what lives as long as the process: a fifth of sealing's time."""
    gc.collect()
    gc.freeze()


@task_prerun.connect
def one_event(**_: object) -> None:
    """What a run of a task records in the audit trail belongs together."""
    from core import audit

    audit.begin()

"""Rows that were written before: patients get their pseudonym, what was said goes under their key.

Row by row, which is right for the small tables that there are. It reads the key tables as they are at
this point of history, not as the code of today sees them.
"""

import os
import uuid

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from django.db import migrations


def sealer(apps, using, kind, owner_id):
    """The owner's sealer, made where there was none; None where the key was destroyed."""
    from core.keys import Owner, Sealer
    from core.master_key import master_key
    from core.models import OwnerKind

    keys = apps.get_model("core", "DataKey").objects.using(using)
    epochs = apps.get_model("core", "KeyEpoch").objects.using(using)
    row = keys.select_related("epoch").filter(owner_kind=kind, owner_id=owner_id).first()
    if row is None:
        epoch = epochs.filter(destroyed_at=None).order_by("-number").first()
        if epoch is None:
            epoch = epochs.create(number=1, wrapped=master_key().wrap(os.urandom(32), 1))
        wrapped = aes_key_wrap(master_key().unwrap(bytes(epoch.wrapped), epoch.number), os.urandom(32))
        row = keys.create(
            owner_kind=kind, owner_id=owner_id, epoch=epoch, wrapped=wrapped
        )
    if row.wrapped is None or row.epoch.wrapped is None:
        return None
    key = aes_key_unwrap(master_key().unwrap(bytes(row.epoch.wrapped), row.epoch.number), bytes(row.wrapped))
    return Sealer(Owner(OwnerKind(kind), owner_id), key)


def convert(apps, schema_editor):
    from core.audit import Details, pseudonym

    using = schema_editor.connection.alias
    deployments = apps.get_model("core", "Deployment").objects.using(using)
    for row in apps.get_model("core", "AuditEvent").objects.using(using).order_by("pk").iterator():
        row.request = uuid.uuid4()  # the default was evaluated once for all of them
        if row.subject_id:
            row.subject = pseudonym(row.subject_id)
        if row.target:
            portal = None if row.subject_id else deployments.get_or_create(only=True)[0].id
            kind = "patient" if row.subject_id else "portal"
            if (found := sealer(apps, using, kind, row.subject_id or portal)) is not None:
                context = f"audit {row.request} {row.name}"
                row.details = found.seal(Details(row.target).document, context)
        row.save(update_fields=["request", "subject", "details"])


class Migration(migrations.Migration):

    dependencies = [("core", "0003_audit_columns")]

    operations = [migrations.RunPython(convert, migrations.RunPython.noop)]

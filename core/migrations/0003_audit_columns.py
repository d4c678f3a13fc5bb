"""The audit trail's row as it is from here on; what it replaces goes in the third step."""

import uuid

import django.utils.timezone
from django.db import migrations, models

import core.models


class Migration(migrations.Migration):

    dependencies = [("core", "0002_passkey_events")]

    operations = [
        migrations.RemoveIndex("auditevent", "audit_by_subject"),
        migrations.RemoveIndex("auditevent", "audit_by_time"),
        migrations.AlterField(
            "auditevent", "at",
            models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField("auditevent", "request", models.UUIDField(default=uuid.uuid4)),
        migrations.AddField("auditevent", "role", models.CharField(blank=True, max_length=16, default=""), preserve_default=False),
        migrations.AddField("auditevent", "subject", models.UUIDField(null=True)),
        migrations.AddField("auditevent", "network", models.CharField(blank=True, max_length=43, default=""), preserve_default=False),
        migrations.AddField("auditevent", "details", models.BinaryField(null=True)),
        migrations.AddField(
            "auditevent", "xid",
            models.BigIntegerField(db_default=core.models.TransactionId(), editable=False),
        ),
    ]

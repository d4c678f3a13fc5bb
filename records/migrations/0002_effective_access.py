"""One column for who is granted, own access as a row like any other, and versions that name their patient."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE records_version v SET patient_id = r.patient_id, type = r.type
  FROM records_record r WHERE r.id = v.record_id;
UPDATE records_effectiveaccess SET grantee_id = coalesce(user_id, organisation_id), reason = 'consent';
INSERT INTO records_effectiveaccess (patient_id, grantee_id, resource_type, ends_at, reason)
  SELECT id, account_id, '*', '9999-12-31T00:00:00Z', 'own' FROM records_patient WHERE account_id IS NOT NULL;
"""
BACK = "DELETE FROM records_effectiveaccess WHERE reason = 'own';"


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        migrations.AddField("version", "patient", models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
            to="records.patient",
        )),
        migrations.AddField("version", "type", models.CharField(default="", max_length=40),
                            preserve_default=False),
        migrations.AddField("effectiveaccess", "grantee_id", models.UUIDField(null=True)),
        migrations.AddField("effectiveaccess", "reason", models.CharField(
            choices=[("own", "It is their own record"), ("consent", "The patient shares it")],
            default="consent", max_length=9,
        ), preserve_default=False),
        migrations.AlterField("effectiveaccess", "consent", models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.CASCADE, related_name="effects",
            to="records.consent",
        )),
        migrations.RemoveIndex("effectiveaccess", "effective_access_by_user"),
        migrations.RemoveIndex("effectiveaccess", "effective_access_by_org"),
        migrations.RunSQL(FILL, BACK),
        # Deferred checks of the rows above would stand in the way of changing the table.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField("effectiveaccess", "grantee_id", models.UUIDField()),
        migrations.RemoveField("effectiveaccess", "user"),
        migrations.RemoveField("effectiveaccess", "organisation"),
        migrations.AddIndex("version", models.Index(
            condition=models.Q(("current", True)), fields=["patient", "type"],
            name="version_current",
        )),
        migrations.AddIndex("effectiveaccess", models.Index(
            fields=["grantee_id", "patient"], name="effective_access_by_grantee",
        )),
        migrations.AddIndex("effectiveaccess", models.Index(
            fields=["patient", "grantee_id"], name="effective_access_by_patient",
        )),
        migrations.AddConstraint("effectiveaccess", models.UniqueConstraint(
            condition=models.Q(("reason", "own")), fields=("patient",),
            name="effective_access_one_own",
        )),
        migrations.AddConstraint("effectiveaccess", models.CheckConstraint(
            condition=models.Q(("reason", "consent"), ("consent", None), _connector="XOR"),
            name="effective_access_of_consent",
        )),
    ]

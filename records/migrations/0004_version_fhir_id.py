"""A version is found by what it is of, without a join."""

from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def fill(apps, schema_editor):
    versions = apps.get_model("records", "Version").objects.using(schema_editor.connection.alias)
    records = apps.get_model("records", "Record").objects.filter(pk=OuterRef("record"))
    versions.update(fhir_id=Subquery(records.values("fhir_id")[:1]))


class Migration(migrations.Migration):
    dependencies = [("records", "0003_from_chart_to_account")]

    operations = [
        migrations.RemoveConstraint(model_name="version", name="version_unique"),
        migrations.RemoveConstraint(model_name="version", name="version_one_current"),
        migrations.AddField(
            model_name="version",
            name="fhir_id",
            field=models.CharField(max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.UniqueConstraint(
                fields=("type", "fhir_id", "number"), name="version_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.UniqueConstraint(
                fields=("type", "fhir_id"), condition=Q(current=True), name="version_one_current"
            ),
        ),
    ]

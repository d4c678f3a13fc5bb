"""Give the deployment its identity."""

from django.db import migrations


def make(apps, schema_editor):
    apps.get_model("core", "Deployment").objects.create()


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]

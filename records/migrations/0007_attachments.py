import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0006_erasure")]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("content_type", models.CharField(max_length=100)),
                ("size", models.PositiveBigIntegerField()),
                ("sealed_key", models.BinaryField(blank=True)),
                ("sealed_digest", models.BinaryField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("patient", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.patient")),
            ],
            options={"indexes": [models.Index(fields=["patient"], name="attachment_by_patient")]},
        ),
    ]

"""Keep the trees out of line and as they are: hashes don't compress, and slices need no unpacking."""

from django.db import migrations


class Migration(migrations.Migration):
    """Storage of `Batch.nodes` (ADR 0007)."""

    dependencies = [("chain", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE chain_batch ALTER COLUMN nodes SET STORAGE EXTERNAL",
            "ALTER TABLE chain_batch ALTER COLUMN nodes SET STORAGE EXTENDED",
        )
    ]

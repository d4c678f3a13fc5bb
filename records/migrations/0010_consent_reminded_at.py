from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0009_emergency_access'),
    ]

    operations = [
        migrations.AddField(
            model_name='consent',
            name='reminded_at',
            field=models.DateTimeField(null=True),
        ),
    ]

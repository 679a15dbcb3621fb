"""A contract may end before its term does."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0002_charges_taken_back'),
    ]

    operations = [
        migrations.AddField(
            model_name='contract',
            name='terminated_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]

"""Charges keep what they are worth in the books' currency, from when it was fixed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0005_plans_and_subscriptions'),
    ]

    operations = [
        migrations.AddField(
            model_name='scheduledcharge',
            name='functional_minor',
            field=models.PositiveBigIntegerField(blank=True, help_text="in the books' currency, from when credits or money came first; empty until then", null=True),
        ),
    ]

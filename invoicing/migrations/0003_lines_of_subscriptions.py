"""Lines of invoices may be for a subscription, an upgrade, or use beyond the balance."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0002_credit_notes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='invoiceline',
            name='kind',
            field=models.CharField(choices=[('COMMITMENT', 'Commitment'), ('BONUS', 'Bonus credits'), ('OVERAGE', 'Overage'), ('PURCHASE', 'Credits'), ('TOP_UP', 'Top-up'), ('SUBSCRIPTION', 'Subscription'), ('UPGRADE', 'Upgrade'), ('GRACE', 'Use beyond the balance'), ('OTHER', 'Other')], max_length=12),
        ),
    ]

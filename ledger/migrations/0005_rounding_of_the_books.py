"""Values are released as the books round: halves away from zero, or to the even neighbour."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0004_promo_accounting'),
        ('lib', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'rounding.sql').read_text(),
            reverse_sql=(SQL / 'rounding_undone.sql').read_text(),
        ),
    ]

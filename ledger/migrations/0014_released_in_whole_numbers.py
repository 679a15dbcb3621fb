"""Values of credits are computed in whole numbers where they fit."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name('sql')
# As 0005 left it: the second function of that file.
BEFORE = (SQL / 'rounding.sql').read_text().partition('CREATE OR REPLACE FUNCTION creditops_released')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0013_closing_of_months'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'released_in_whole_numbers.sql').read_text(), reverse_sql=BEFORE[1] + BEFORE[2]
        ),
    ]

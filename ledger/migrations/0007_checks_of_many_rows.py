"""What the database checks after a statement takes as long per row for many rows as for few."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0006_proportional_breakage'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'many_rows.sql').read_text(),
            reverse_sql=(SQL / 'many_rows_undone.sql').read_text(),
        ),
    ]

"""Which layout a drain lies in is asked once per statement, not once per row."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0017_directory_changes'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'drains_in_layouts.sql').read_text(),
            reverse_sql=(SQL / 'drains_in_layouts_undone.sql').read_text(),
        ),
    ]

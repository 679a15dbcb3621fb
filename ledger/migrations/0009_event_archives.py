"""Old events give their data away to files and keep its digest."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_name('sql')
DROP = """
DROP TABLE ledger_archivereturn;
DROP TABLE ledger_eventarchive;
DROP FUNCTION ledger_archive_is_the_only_one;
DROP TRIGGER ledger_event_keeps_what_it_says ON ledger_usageevent;
DROP FUNCTION ledger_event_keeps_what_it_says;
ALTER TABLE ledger_usageevent DROP COLUMN data_digest;
DROP FUNCTION ledger_data_digest;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0008_model_costs'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'event_archives.sql').read_text(),
            reverse_sql=DROP,
            state_operations=[
                migrations.AddField(
                    'usageevent', 'data_digest', models.BinaryField(blank=True, null=True)
                ),
                migrations.CreateModel(
                    name='EventArchive',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('first_batch', models.BigIntegerField()),
                        ('last_batch', models.BigIntegerField()),
                        ('name', models.CharField(max_length=120)),
                        ('sha256', models.CharField(max_length=64)),
                        ('bytes', models.PositiveBigIntegerField()),
                        ('events', models.PositiveBigIntegerField()),
                        ('moved', models.PositiveBigIntegerField(help_text='events whose data was moved')),
                        ('received_before', models.DateTimeField()),
                        ('archived_at', models.DateTimeField()),
                    ],
                    options={'ordering': ['-first_batch']},
                ),
                migrations.CreateModel(
                    name='ArchiveReturn',
                    fields=[
                        ('archive', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='returned', serialize=False, to='ledger.eventarchive')),
                        ('returned_at', models.DateTimeField()),
                    ],
                ),
            ],
        ),
    ]

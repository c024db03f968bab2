"""An index for when money of a plan was last deleted. Models of histories take no indexes of their own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0007_updated_plans"),
    ]

    operations = [
        migrations.RunSQL(
            sql=f"CREATE INDEX {table}_gone ON funding_historical{table} (plan_id, history_type, history_date)",
            reverse_sql=f"DROP INDEX {table}_gone",
        )
        for table in ("contribution", "reportedfunding")
    ]

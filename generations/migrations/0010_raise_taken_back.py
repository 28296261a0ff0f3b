"""A row that takes a raise back names it, so that each raise is taken back once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generations", "0009_report_subscriptions")]

    operations = [
        migrations.AddField(
            model_name="budgetraise",
            name="takes_back",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taken_back_by",
                to="generations.budgetraise",
            ),
        ),
    ]

"""Reports that come by e-mail, every week or every month."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generations', '0008_roll_ups'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('report', models.CharField(max_length=40, verbose_name='report')),
                ('params_json', models.JSONField(blank=True, default=dict, verbose_name='filters')),
                ('cadence', models.CharField(choices=[('weekly', 'every Monday'), ('monthly', 'on the first of every month')], max_length=8, verbose_name='how often')),
                ('hour', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MaxValueValidator(23)], verbose_name='hour')),
                ('next_at', models.DateTimeField(verbose_name='next')),
                ('last_sent_at', models.DateTimeField(blank=True, null=True, verbose_name='last sent')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='report_subscriptions', to='generations.team')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='report_subscriptions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'report by e-mail',
                'verbose_name_plural': 'reports by e-mail',
                'indexes': [models.Index(condition=models.Q(('is_active', True)), fields=['next_at'], name='subscription_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('team', 'user', 'report', 'cadence', 'params_json'), name='subscription_once_while_active'), models.CheckConstraint(condition=models.Q(('hour__lte', 23)), name='subscription_hour_is_of_a_day'), models.CheckConstraint(condition=models.Q(('cadence__in', ['weekly', 'monthly'])), name='subscription_cadence_is_known')],
            },
        ),
    ]

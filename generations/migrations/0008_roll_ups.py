import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0007_price_book"),
    ]

    operations = [
        migrations.CreateModel(
            name="RollUpMark",
            fields=[
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="roll_up_mark",
                        serialize=False,
                        to="generations.team",
                    ),
                ),
                ("movement_id", models.BigIntegerField(default=0)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("counted_until", models.DateTimeField(blank=True, null=True)),
                ("time_zone", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Slice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(max_length=64)),
                (
                    "tier",
                    models.CharField(
                        choices=[("std", "Draft"), ("pro", "Pro"), ("master", "Hero"), ("4k", "4K")], max_length=8
                    ),
                ),
                (
                    "capability",
                    models.CharField(
                        choices=[
                            ("text_to_video", "Text to video"),
                            ("image_to_video", "Image to video"),
                            ("reference_to_video", "Reference to video"),
                            ("video_edit", "Edit a video by prompt"),
                            ("video_reference", "Video from a video"),
                            ("extend", "Extend"),
                            ("lip_sync", "Lip-sync"),
                            ("effect", "Effect"),
                            ("multi_elements", "Multi-elements editor"),
                            ("motion_control", "Motion control"),
                            ("avatar", "Avatar"),
                            ("text_to_speech", "Text to speech"),
                            ("text_to_audio", "Text to audio"),
                            ("video_to_audio", "Video to audio"),
                            ("text_to_image", "Text to image"),
                            ("image_to_image", "Image from images"),
                            ("expand_image", "Expand an image"),
                            ("try_on", "Virtual try-on"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generations.provideraccount",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generations.project",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="generations.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SpendDay",
            fields=[
                ("day", models.DateField()),
                ("approved", models.BigIntegerField(default=0)),
                ("changes", models.BigIntegerField(default=0)),
                ("rejected", models.BigIntegerField(default=0)),
                ("superseded", models.BigIntegerField(default=0)),
                ("unreviewed", models.BigIntegerField(default=0)),
                ("failed", models.BigIntegerField(default=0)),
                ("canceled", models.BigIntegerField(default=0)),
                ("ms", models.BigIntegerField(default=0)),
                ("approved_ms", models.BigIntegerField(default=0)),
                ("spent", models.BigIntegerField(default=0)),
                ("overrun", models.BigIntegerField(default=0)),
                ("refunded", models.BigIntegerField(default=0)),
                ("approved_cost", models.BigIntegerField(default=0)),
                ("changes_cost", models.BigIntegerField(default=0)),
                ("rejected_cost", models.BigIntegerField(default=0)),
                ("superseded_cost", models.BigIntegerField(default=0)),
                ("unreviewed_cost", models.BigIntegerField(default=0)),
                ("failed_cost", models.BigIntegerField(default=0)),
                ("canceled_cost", models.BigIntegerField(default=0)),
                ("compared", models.BigIntegerField(default=0)),
                ("compared_quoted", models.BigIntegerField(default=0)),
                ("compared_reported", models.BigIntegerField(default=0)),
                (
                    "slice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="generations.slice",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="generations.team",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "slice_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SpendWeek",
            fields=[
                ("day", models.DateField()),
                ("approved", models.BigIntegerField(default=0)),
                ("changes", models.BigIntegerField(default=0)),
                ("rejected", models.BigIntegerField(default=0)),
                ("superseded", models.BigIntegerField(default=0)),
                ("unreviewed", models.BigIntegerField(default=0)),
                ("failed", models.BigIntegerField(default=0)),
                ("canceled", models.BigIntegerField(default=0)),
                ("ms", models.BigIntegerField(default=0)),
                ("approved_ms", models.BigIntegerField(default=0)),
                ("spent", models.BigIntegerField(default=0)),
                ("overrun", models.BigIntegerField(default=0)),
                ("refunded", models.BigIntegerField(default=0)),
                ("approved_cost", models.BigIntegerField(default=0)),
                ("changes_cost", models.BigIntegerField(default=0)),
                ("rejected_cost", models.BigIntegerField(default=0)),
                ("superseded_cost", models.BigIntegerField(default=0)),
                ("unreviewed_cost", models.BigIntegerField(default=0)),
                ("failed_cost", models.BigIntegerField(default=0)),
                ("canceled_cost", models.BigIntegerField(default=0)),
                ("compared", models.BigIntegerField(default=0)),
                ("compared_quoted", models.BigIntegerField(default=0)),
                ("compared_reported", models.BigIntegerField(default=0)),
                (
                    "slice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="generations.slice",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="generations.team",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "slice_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SpendMonth",
            fields=[
                ("day", models.DateField()),
                ("approved", models.BigIntegerField(default=0)),
                ("changes", models.BigIntegerField(default=0)),
                ("rejected", models.BigIntegerField(default=0)),
                ("superseded", models.BigIntegerField(default=0)),
                ("unreviewed", models.BigIntegerField(default=0)),
                ("failed", models.BigIntegerField(default=0)),
                ("canceled", models.BigIntegerField(default=0)),
                ("ms", models.BigIntegerField(default=0)),
                ("approved_ms", models.BigIntegerField(default=0)),
                ("spent", models.BigIntegerField(default=0)),
                ("overrun", models.BigIntegerField(default=0)),
                ("refunded", models.BigIntegerField(default=0)),
                ("approved_cost", models.BigIntegerField(default=0)),
                ("changes_cost", models.BigIntegerField(default=0)),
                ("rejected_cost", models.BigIntegerField(default=0)),
                ("superseded_cost", models.BigIntegerField(default=0)),
                ("unreviewed_cost", models.BigIntegerField(default=0)),
                ("failed_cost", models.BigIntegerField(default=0)),
                ("canceled_cost", models.BigIntegerField(default=0)),
                ("compared", models.BigIntegerField(default=0)),
                ("compared_quoted", models.BigIntegerField(default=0)),
                ("compared_reported", models.BigIntegerField(default=0)),
                (
                    "slice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="generations.slice",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="generations.team",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "slice_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShotTally",
            fields=[
                (
                    "shot",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="generations.shot",
                    ),
                ),
                ("takes", models.BigIntegerField(default=0)),
                ("approved", models.BigIntegerField(default=0)),
                ("cost", models.BigIntegerField(default=0)),
                ("approved_day", models.DateField(null=True)),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="generations.team",
                    ),
                ),
                (
                    "slice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="generations.slice",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TakeTally",
            fields=[
                (
                    "generation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generations.generation",
                    ),
                ),
                (
                    "shot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generations.shot",
                    ),
                ),
                (
                    "slice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="generations.slice",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "generation_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                (
                    "fate",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("approved", "Approved"),
                            ("changes", "Changes requested"),
                            ("rejected", "Rejected"),
                            ("superseded", "Superseded"),
                            ("unreviewed", "Not reviewed"),
                            ("failed", "Failed"),
                            ("canceled", "Canceled"),
                        ],
                        max_length=10,
                    ),
                ),
                ("ended", models.BooleanField()),
                ("spent", models.BigIntegerField()),
                ("overrun", models.BigIntegerField()),
                ("refunded", models.BigIntegerField()),
                ("ms", models.BigIntegerField()),
                ("quoted", models.BigIntegerField()),
                ("reported", models.BigIntegerField(null=True)),
                ("wait_bucket", models.SmallIntegerField(null=True)),
                ("render_bucket", models.SmallIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="TimingDay",
            fields=[
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generations.provideraccount",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="generations.team",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "team_id",
                        "day",
                        "account_id",
                        "kind",
                        "bucket",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("kind", models.CharField(choices=[("wait", "Wait"), ("render", "Render")], max_length=6)),
                ("bucket", models.SmallIntegerField()),
                ("takes", models.BigIntegerField()),
            ],
        ),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["team", "finished_at"],
                name="generation_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(
                condition=models.Q(("verdict", "approved")), fields=["shot"], name="generation_approved"
            ),
        ),
        migrations.AddConstraint(
            model_name="slice",
            constraint=models.UniqueConstraint(
                fields=("team", "project", "member", "model", "tier", "account", "capability"),
                name="slice_once_per_combination",
            ),
        ),
        migrations.AddIndex(
            model_name="shottally",
            index=models.Index(fields=["team", "approved_day"], name="shot_tally_approved"),
        ),
        migrations.AddIndex(
            model_name="spendday",
            index=models.Index(fields=["team", "day"], name="spend_day"),
        ),
        migrations.AddIndex(
            model_name="spendmonth",
            index=models.Index(fields=["team", "day"], name="spend_month"),
        ),
        migrations.AddIndex(
            model_name="spendweek",
            index=models.Index(fields=["team", "day"], name="spend_week"),
        ),
        migrations.AddIndex(
            model_name="taketally",
            index=models.Index(
                condition=models.Q(("shot__isnull", False)), fields=["shot", "day"], name="tally_of_shot"
            ),
        ),
    ]

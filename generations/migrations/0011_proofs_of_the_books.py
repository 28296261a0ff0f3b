"""What the nightly proof of the books found, and an index of the few movements that are not about takes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0010_raise_taken_back"),
    ]

    operations = [
        migrations.CreateModel(
            name="BookProof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proved_at", models.DateTimeField(verbose_name="proved at")),
                ("seconds", models.FloatField(verbose_name="seconds")),
                ("proofs", models.PositiveSmallIntegerField(verbose_name="proofs")),
                ("differences", models.PositiveIntegerField(verbose_name="differences")),
                ("sentences", models.JSONField(blank=True, default=list)),
            ],
            options={
                "verbose_name": "proof of the books",
                "verbose_name_plural": "proofs of the books",
            },
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                condition=models.Q(("kind__in", ["hold", "capture", "release"]), _negated=True),
                fields=["team", "-id"],
                name="movement_not_of_takes",
            ),
        ),
        migrations.AddIndex(
            model_name="bookproof",
            index=models.Index(fields=["-proved_at"], name="book_proof_newest"),
        ),
    ]

"""The application."""

from django.apps import AppConfig


class GenerationsConfig(AppConfig):
    name = "generations"
    verbose_name = "Kling Site"

    def ready(self) -> None:
        from generations import checks  # noqa: F401  registers the system checks

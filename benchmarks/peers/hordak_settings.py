"""The site's settings with django-hordak added, on a database of its own."""

from kling_site.settings import *  # noqa: F403
from kling_site.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "mptt", "hordak"]
DATABASES = {"default": {**DATABASES["default"], "NAME": "kling_site_hordak"}}
SILENCED_SYSTEM_CHECKS = ["fields.W344", "models.W042"]
HORDAK_INTERNAL_CURRENCY = "USD"
CURRENCIES = ("USD",)

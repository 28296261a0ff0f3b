"""Addresses of our own pages, for mails: the only thing of the web that they need."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from generations.reports.filters import Filters
from generations.reports.sheet import Report


def report_page(report: Report, filters: Filters) -> str:
    """Where a report is looked at; without a public address only the path on this site."""
    params = {name: text for name, text in filters.as_params().items() if name in report.uses}
    path = reverse("portal:report", args=[report.slug])
    return f"{settings.PUBLIC_URL}{path}{'?' if params else ''}{urlencode(params)}"


def reports_page() -> str:
    """Where all reports are; without a public address only the path on this site."""
    return settings.PUBLIC_URL + reverse("portal:reports")


def stop_page(token: str) -> str:
    """Where a mail's reader stops it without signing in; without a public address only the path on this site."""
    return settings.PUBLIC_URL + reverse("portal:report_stop_by_mail", args=[token])

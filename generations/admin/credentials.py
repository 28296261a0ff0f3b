"""The form of a provider account. Credentials go in and never come out: an input is empty on every page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminURLInputWidget, UnfoldBooleanWidget

from generations import providers
from generations.models import ProviderAccount

FORGET = "forget_credentials"
_PLACES = ("origin", "base_url")


def field_name(slug: str, credential: str) -> str:
    """The form field of one credential of one provider."""
    return f"credential_{slug}_{credential}"


def _input(slug: str, credential: str) -> forms.CharField:
    return forms.CharField(
        label=f"{providers.adapter_class(slug).label}: {credential.replace('_', ' ').replace('api ', 'API ')}",
        required=False,
        max_length=1_000,
        widget=UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"}),
    )


FIELDS = {
    slug: tuple(field_name(slug, credential) for credential in providers.adapter_class(slug).credential_fields)
    for slug in providers.slugs()
}
_ALL = frozenset(name for names in FIELDS.values() for name in names)


class ProviderAccountForm(forms.ModelForm):
    """With an input for every credential that any provider asks for; the page shows those of the one chosen."""

    base_url = forms.URLField(
        label=gettext_lazy("Base URL"),
        max_length=200,
        required=False,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
        help_text=gettext_lazy("Only for gateways: the address before /videos/. Empty: MuleRun."),
    )

    class Meta:
        model = ProviderAccount
        fields = ("label", "provider", "region", "teams", "max_running", "unit_price_usd", "not_before", "origin")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for slug in [self.instance.provider] if self.instance.pk else providers.slugs():
            for credential in providers.adapter_class(slug).credential_fields:
                self.fields[field_name(slug, credential)] = _input(slug, credential)
        if settings.SANDBOX_ORIGIN and "origin" in self.fields:
            sentence = _("Leave it empty for the provider's own hosts. The sandbox of this site is %(origin)s.")
            self.fields["origin"].help_text = sentence % {"origin": settings.SANDBOX_ORIGIN}
        if self.instance.pk:
            # Chosen once: the key and all takes belong to it.
            if "provider" in self.fields:
                self.fields["provider"].disabled = True
            self._say_what_is_stored()

    def _say_what_is_stored(self) -> None:
        stored, slug = _stored(self.instance), self.instance.provider
        unreadable = bool(self.instance.credentials_encrypted) and not stored
        for credential in providers.adapter_class(slug).credential_fields:
            said = _("Stored. Leave empty to keep it.") if stored.get(credential) else _("Not stored.")
            if unreadable:
                said = _("No key in CREDENTIALS_KEYS reads what is stored. Enter all of them again.")
            self.fields[field_name(slug, credential)].help_text = said
        self.fields[FORGET] = forms.BooleanField(
            label=_("Forget stored credentials that are left empty here"), required=False, widget=UnfoldBooleanWidget
        )

    def clean_origin(self) -> str:
        origin: str = self.cleaned_data["origin"].rstrip("/")
        if not origin or origin == settings.SANDBOX_ORIGIN:
            return origin
        parts = urlsplit(origin)
        if parts.scheme != "https" or not parts.hostname or parts.path or parts.query or parts.username:
            sentence = _("An origin looks like https://host. Plain http is only for the sandbox: %(sandbox)s.")
            raise ValidationError(sentence % {"sandbox": settings.SANDBOX_ORIGIN or _("none is set on this site")})
        return origin

    def clean_base_url(self) -> str:
        base_url: str = self.cleaned_data["base_url"].rstrip("/")
        parts = urlsplit(base_url)
        if base_url and (parts.scheme != "https" or not parts.hostname or parts.query or parts.username):
            raise ValidationError(_("A base URL looks like https://host/path, without a name or a question mark."))
        return base_url

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._check_sandbox(cleaned.get("origin", ""))
        self._check_place()
        slug = self.instance.provider or cleaned.get("provider", "")
        if slug in FIELDS:
            problem = providers.adapter_class(slug).check_credentials(self.credentials(slug))
            if problem:
                raise ValidationError(problem)
        return cleaned

    def _check_sandbox(self, origin: str) -> None:
        """Takes say for ever whether they were drawn or made, so an account with takes stays what it is."""
        account = self.instance
        if not account.pk or is_sandbox(origin) == account.is_sandbox or not account.generations.exists():
            return
        sentence = _("This account has takes, so it stays %(what)s. Make a new account for the other origin.")
        what = _("a sandbox account") if account.is_sandbox else _("an account with the provider")
        self.add_error("origin", sentence % {"what": what})

    def _check_place(self) -> None:
        """A stored key goes to the host that it was given for: else whoever may edit an account could read its key."""
        account = self.instance
        moved = [name for name in _PLACES if name in self.cleaned_data and self._changes_host(name)]
        if not account.pk or not moved or self.cleaned_data.get(FORGET):
            return
        kept = [name for name in _stored(account) if not self.cleaned_data.get(field_name(account.provider, name))]
        if kept:
            self.add_error(moved[0], _("Enter the key again: the stored one was given for another host."))

    def _changes_host(self, name: str) -> bool:
        return _host(self.cleaned_data[name]) != _host(self.initial.get(name, ""))

    def credentials(self, slug: str) -> dict[str, str]:
        """What the account will have: what is stored, changed by what was entered."""
        kept = {} if self.cleaned_data.get(FORGET) else _stored(self.instance)
        names = providers.adapter_class(slug).credential_fields
        entered = {name: (self.cleaned_data.get(field_name(slug, name)) or "").strip() for name in names}
        return {**kept, **{name: value for name, value in entered.items() if value}}

    @property
    def changes_credentials(self) -> bool:
        """Whether anything was entered, or is to be forgotten."""
        return any(name in _ALL or name == FORGET for name in self.changed_data)


def _host(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


def is_sandbox(origin: str) -> bool:
    """Whether an origin is the sandbox's."""
    return bool(origin) and origin == settings.SANDBOX_ORIGIN


def _stored(account: ProviderAccount) -> dict[str, str]:
    try:
        return account.get_credentials()
    except ImproperlyConfigured:
        return {}  # the form says so, field by field

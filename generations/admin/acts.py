"""Acts: buttons on a row's page that call one verb each. Always a POST, always with a permission.

An act without a form is a button that posts. One with a form leads to a page that says what will happen first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from generations.errors import PortalError

_SHOWN_REFUSALS = 5


class Confirm(forms.Form):
    """Nothing to fill in: the page explains, the button acts."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing an operator can do to a row.

    `run(request, row, facts)` calls the verb and answers with a sentence; `facts` is what the form found. It may raise
    any PortalError, whose sentence is shown. `fits(row)` says whether the button makes sense on this row: the verb
    itself decides in the end. `initial(row)` is what the form begins with: for example what the decision rests on.
    """

    name: str
    label: str | Promise
    permission: str
    run: Callable[[HttpRequest, Any, dict[str, Any]], str]
    fits: Callable[[Any], bool] = lambda row: True
    form: type[forms.Form] | None = None
    initial: Callable[[Any], dict[str, Any]] = lambda row: {}
    explains: str | Promise = ""
    tells: Callable[[Any], str] = lambda row: ""
    is_danger: bool = False
    in_list: bool = False


class ActsMixin:
    """For a ModelAdmin: the buttons, their pages, and those acts that also work on a selection in the list."""

    acts: tuple[Act, ...] = ()
    change_form_outer_before_template = "admin/acts.html"
    admin_site: Any
    model: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        own = path("<path:object_id>/act/<slug:name>/", view, name=self._act_url_name)
        return [own, *super().get_urls()]  # type: ignore[misc]

    @property
    def _act_url_name(self) -> str:
        return f"{self.model._meta.app_label}_{self.model._meta.model_name}_act"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Model | None = None, **kwargs: Any
    ) -> HttpResponse:
        context["acts"] = self._buttons(request, obj) if obj else []
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)  # type: ignore[misc]

    def _buttons(self, request: HttpRequest, row: Model) -> list[dict[str, Any]]:
        return [
            {
                "act": act,
                "has_form": act.form is not None,
                "url": reverse(f"admin:{self._act_url_name}", args=[row.pk, act.name]),
            }
            for act in self.acts
            if request.user.has_perm(act.permission) and act.fits(row)
        ]

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """One act on one row: its page, or the deed."""
        act = next((act for act in self.acts if act.name == name), None)
        row = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if act is None or row is None:
            raise Http404
        if not (self.has_view_permission(request, row) and request.user.has_perm(act.permission)):  # type: ignore
            raise PermissionDenied
        if act.form is None and request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = (act.form or Confirm)(request.POST if request.method == "POST" else None, initial=act.initial(row))
        if form.is_valid():
            try:
                messages.success(request, act.run(request, row, form.cleaned_data))
                return self._back(row)
            except PortalError as error:
                if act.form is None:
                    messages.error(request, error.public)
                    return self._back(row)
                form.add_error(None, error.public)
        return self._act_page(request, act, row, form)

    def _back(self, row: Model) -> HttpResponseRedirect:
        meta = row._meta
        return HttpResponseRedirect(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]))

    def _act_page(self, request: HttpRequest, act: Act, row: Model, form: forms.Form) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{act.label}: {row}",
            "opts": row._meta,
            "original": row,
            "act": act,
            "tells": _told(act, row),
            "form": form,
            "back": self._back(row).url,
        }
        return TemplateResponse(request, "admin/act.html", context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The list's own actions, and those of ours that work on a selection."""
        own = {
            act.name: (_over_selection(act), act.name, act.label)
            for act in self.acts
            if act.in_list and request.user.has_perm(act.permission)
        }
        return {**super().get_actions(request), **own}  # type: ignore[misc]


def _told(act: Act, row: Model) -> str:
    try:
        return act.tells(row)
    except PortalError as error:
        return error.public


def _over_selection(act: Act) -> Callable[[Any, HttpRequest, QuerySet[Any]], None]:
    def act_on_each(admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> None:
        done, refusals = 0, []
        for row in rows:
            try:
                act.run(request, row, {})
                done += 1
            except PortalError as error:
                refusals.append((error.public,))
        if done:
            sentence = _("%(act)s: done for %(count)s of %(all)s.")
            facts = {"act": act.label, "count": done, "all": done + len(refusals)}
            messages.success(request, sentence % facts)
        if refusals:
            messages.warning(request, format_html_join(" ", "{}", refusals[:_SHOWN_REFUSALS]))

    return act_on_each

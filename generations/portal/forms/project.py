"""A project's name and brief, and whether its takes may move to another route."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import access
from generations.models import Project

_TOO_LONG = gettext_lazy("It has %(show_value)s characters; %(limit_value)s is the most. Shorten it.")


class ProjectForm(forms.ModelForm):
    """Creates or edits a project of the member's team."""

    class Meta:
        model = Project
        fields = ("name", "brief", "may_move_routes")
        error_messages = {
            "name": {"required": gettext_lazy("A project needs a name."), "max_length": _TOO_LONG},
            "brief": {"max_length": _TOO_LONG},
        }

    def __init__(self, *args: Any, member: access.Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.team = member.team
        self._member = member

    def save_once(self) -> Project | None:
        """The saved project, or None with an error on the form where the team has another one of this name."""
        try:
            with transaction.atomic():
                project: Project = self.save()
        except IntegrityError as error:
            if "project_name_once_per_team" not in str(error):
                raise
            self.add_error("name", _("Your team has a project of this name already. Choose another name."))
            return None
        return project

"""A take that is not ordered yet: the wish, what can be made of it, what it costs, and what still stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import uuid4

from django.utils.translation import gettext as _
from pydantic import ValidationError

from generations import access, catalog, ledger, lifecycle
from generations.choices import Capability, InputRole
from generations.errors import AlreadySubmitted, InvalidRecipe, PortalError, Refused
from generations.models import Generation, Project, Shot
from generations.portal import text
from generations.portal.composer.fit import Shape, abilities, capability_of, fit
from generations.portal.composer.frames import Frames, NotAdded, load_frames
from generations.portal.composer.offers import Offers, cheapest_sensible, choices_of, find_offers
from generations.portal.forms.picture import ROLES
from generations.portal.forms.wish import Wish

_MOST = catalog.PROMPT_MAX_CHARS
# Names of a recipe's parts that the composer calls by another name; what spans fields has none.
_FIELDS = {"duration_seconds": "duration", "inputs": "first_frame", "__all__": ""}


class Unsettled(Refused):
    """The order is not what the person saw when they pressed: it must be looked at once more."""

    code = "unsettled"


class Moved(NamedTuple):
    """The price that was shown, and the one that is true now."""

    was: Decimal
    now: Decimal


@dataclass(slots=True)
class Draft:
    member: access.Member
    wish: Wish
    now: datetime
    frames: Frames
    shape: Shape
    offers: Offers
    projects: list[Project]
    project: Project | None
    shots: list[Shot]
    balances: ledger.Balances
    key: str
    from_take: Generation | None = None
    errors: dict[str, str] = field(default_factory=dict)
    refused: str = ""
    moved: Moved | None = None

    def order(self) -> lifecycle.Submitted:
        """Order the take as it was shown. Raises what `lifecycle.submit` raises, and Unsettled."""
        self._check_settled()
        problems = self.problems()
        if problems:
            raise InvalidRecipe(problems)
        assert self.project and self.offers.account  # `problems` has said so otherwise
        return lifecycle.submit(
            member=self.member,
            project=self.project,
            recipe=self.recipe(),
            account=self.offers.account,
            idempotency_key=self.wish.key,
            now=self.now,
            shown_credits=self.wish.shown_credits,
            shot=self.shot,
        )

    def refuse(self, error: PortalError) -> None:
        """Put the sentences of a refused order where they belong. Everything that was typed stays."""
        if isinstance(error, lifecycle.PriceMoved):
            self.moved = Moved(Decimal(error.data["shown"]), Decimal(error.data["now"]))
            return
        if isinstance(error, AlreadySubmitted):
            # That key is used up; with a new one the next press is another take.
            self.key = new_key()
        self.refused = error.public
        problems = error.problems if isinstance(error, InvalidRecipe) else {}
        self.errors = {_FIELDS.get(name, name): sentence for name, sentence in problems.items()}
        for slot in self.frames.slots:
            slot.problem = self.errors.get(slot.role.value, "")

    def problems(self) -> dict[str, str]:
        """Why this cannot be ordered as it stands, by field, the first things first; empty where it can."""
        found: dict[str, str] = {}
        if self.project is None or (self.wish.project and str(self.project.public_id) != self.wish.project):
            found["project"] = self._no_project()
        elif self.wish.do == "generate" and self.wish.shot and self.shot is None:
            # Not before the order: the choice goes with the project that it was made in.
            sentence = _("The chosen shot is not one of %(project)s. Choose one of its shots, or none.")
            found["shot"] = sentence % {"project": self.project}
        for slot in self.frames.slots if self.shape.capability == Capability.IMAGE_TO_VIDEO else ():
            if slot.is_lost:
                found[slot.role.value] = _("This image is not in the team's library any more. Add it again.")
        found |= self._wrong_words()
        if self.shape.camera_mode == "simple" and self.shape.camera is None:
            found["camera"] = _("A camera move by hand needs an amount other than 0. Move it, or let the model decide.")
        for name, sentence in self._impossible().items():
            found.setdefault(name, sentence)
        return found

    def recipe(self) -> catalog.Recipe:
        """The recipe of what is there. Raises InvalidRecipe where it is not even well-formed."""
        frames = {slot.role: slot.asset for slot in self.frames.slots if slot.asset}
        with_images = self.shape.capability == Capability.IMAGE_TO_VIDEO
        try:
            return catalog.Recipe.model_validate(
                {
                    **choices_of(self.shape),
                    "prompt": self.wish.prompt.strip()[:_MOST],
                    "negative_prompt": self.wish.negative_prompt.strip()[:_MOST],
                    "inputs": [
                        {"role": role, "sha256": asset.blob.sha256} for role, asset in frames.items() if with_images
                    ],
                }
            )
        except ValidationError as error:
            raise InvalidRecipe(
                {str((item["loc"] or ("__all__",))[0]): item["msg"] for item in error.errors()}
            ) from error

    @property
    def shot(self) -> Shot | None:
        """The chosen shot where it is one of the chosen project's."""
        wanted = text.find_uuid(self.wish.shot)
        return next((shot for shot in self.shots if shot.public_id == wanted), None)

    @property
    def has_last(self) -> bool:
        return has_last(self.frames, self.shape.capability)

    def _check_settled(self) -> None:
        if any(slot.refused for slot in self.frames.slots):
            raise Unsettled(_("An image was not added; see why beside it. Nothing was ordered."))
        if self.shape.notices:
            raise Unsettled(_("Not everything fitted together: see what was changed above, then press again."))
        if not self.wish.key or self.wish.shown_credits is None:
            raise Unsettled(_("No price was shown for this yet. Look at it, then press again."))

    def _no_project(self) -> str:
        if self.projects:
            return _("This project is not there any more. Choose another one.")
        if self.member.may(access.May.MANAGE_PROJECTS):
            return _("A take belongs to a project. Create the first one under Projects.")
        return _("A take belongs to a project, and your team has none yet. Ask a producer or the owner to create one.")

    def _wrong_words(self) -> dict[str, str]:
        found = {}
        labels = {"prompt": _("The prompt"), "negative_prompt": _("The negative prompt")}
        for name, label in labels.items():
            words: str = getattr(self.wish, name).strip()
            over = len(words) - _MOST
            if text.BROKEN in words:
                sentence = _("%(what)s has a character that cannot be stored. It stands there as “�”: remove it.")
                found[name] = sentence % {"what": label}
            elif over > 0:
                sentence = _("%(what)s has %(count)s characters; %(most)s is the most. Shorten it by %(over)s.")
                facts = {"what": label, "count": f"{len(words):,}", "most": f"{_MOST:,}", "over": f"{over:,}"}
                found[name] = sentence % facts
        return found

    def _impossible(self) -> dict[str, str]:
        quote = self.offers.quote
        if quote is None:
            return {"route": self.offers.blocked_because}
        return catalog.problems(self.recipe(), quote.route, self.shape.model)


def compose(
    member: access.Member,
    wish: Wish,
    now: datetime,
    *,
    refused: Mapping[InputRole, NotAdded] | None = None,
    from_take: Generation | None = None,
    begin_project: str = "",
) -> Draft:
    """The draft of a wish. `begin_project` is chosen where the wish names no project. Raises NotAllowed."""
    member.check(access.May.GENERATE)
    frames = load_frames(member, wish, refused or {})
    capability = capability_of(wish)
    last = has_last(frames, capability)
    model, ability = _begin_with(member, wish, capability, now)
    shape = fit(wish, has_last=last, default=ability, of=model)
    projects = list(access.projects_for(member).active())
    wanted = text.find_uuid(wish.project or begin_project)
    project = next((project for project in projects if project.public_id == wanted), next(iter(projects), None))
    return Draft(
        member=member,
        wish=wish,
        now=now,
        frames=frames,
        shape=shape,
        offers=find_offers(member, wish, shape, has_last=last, now=now),
        projects=projects,
        project=project,
        shots=list(access.shots_for(member).filter(project=project, archived_at=None)) if project else [],
        balances=ledger.balances(member.team),
        key=wish.key or new_key(),
        from_take=from_take,
    )


def has_last(frames: Frames, capability: Capability) -> bool:
    """Whether the recipe has an end image; images of a text recipe are kept in the form, but are no part of it."""
    return frames.last.asset is not None and capability == Capability.IMAGE_TO_VIDEO


def new_key() -> str:
    return f"studio:{uuid4()}"


def without_image(wish: Wish) -> Wish:
    """The wish after one of the buttons that take an image out."""
    removed = [role.value for role in ROLES if wish.do == f"remove_{role.value}"]
    return replace(wish, **dict.fromkeys(removed, ""))


def _begin_with(
    member: access.Member, wish: Wish, capability: Capability, now: datetime
) -> tuple[catalog.Model, catalog.Ability]:
    model = catalog.load().find_model(wish.model)
    can = abilities(model, capability) if model else []
    return (model, can[0]) if model and can else cheapest_sensible(member, capability, now)

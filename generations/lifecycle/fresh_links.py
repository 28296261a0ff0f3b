"""Asking the provider once more for the links to a result, because those we have are dead."""

from __future__ import annotations

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import providers
from generations.lifecycle.ask import ask
from generations.lifecycle.lifeboat import results_expire_at
from generations.lifecycle.outcomes import operation_from
from generations.models import Generation, Status


def renew_links(generation: Generation, token: int) -> bool:
    """Keep the links that the provider gives now; say whether they are others than before.

    `token` is the lease of who does this. What the provider said is in the activity. Free, and harmless to repeat.
    """
    route = generation.route
    if route is None or not generation.operation_json:
        return False  # a job that was answered at once has nothing that could be asked
    operation = operation_from(generation.operation_json)
    try:
        state = ask(generation, lambda adapter: adapter.follow(operation, route))
    except providers.ProviderError as error:
        generation.log("links_not_renewed", error.public, **error.data)
        return False
    if not isinstance(state, providers.Finished):
        generation.log("links_not_renewed", _("The provider no longer says that it is done."))
        return False
    return _keep(generation, token, state)


def _keep(generation: Generation, token: int, state: providers.Finished) -> bool:
    outputs = [output.as_json() for output in state.outputs]
    if [output["url"] for output in outputs] == [output["url"] for output in generation.outputs_json]:
        generation.log("links_not_renewed", _("It gave the same links."))
        return False
    mine = Generation.objects.filter(pk=generation.pk, lease_token=token, status=Status.INGESTING)
    expires_at = results_expire_at(generation, state.outputs)
    if not mine.update(outputs_json=outputs, results_expire_at=expires_at, changed_at=Now()):
        return False
    generation.outputs_json, generation.results_expire_at = outputs, expires_at
    generation.log("links_renewed")
    return True

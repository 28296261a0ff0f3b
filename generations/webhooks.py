"""One view for the webhooks of every provider: verify, note, wake. It believes nothing that it is told."""

from __future__ import annotations

import asyncio
import hashlib
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from generations import lifecycle, providers
from generations.models import Generation, ProviderAccount

log = structlog.get_logger(__name__)


@csrf_exempt
@require_POST
def callback(request: HttpRequest, provider: str, token: UUID, public_id: UUID) -> HttpResponse:
    """Take a webhook: 200 once it is noted, also for repeats; 400 for a forged or stale one, which is only counted.

    The address holds a part that nobody can guess. 404 for every address that we did not give away; 503 where the
    signature cannot be checked just now, so that the provider sends it again.
    """
    named = Generation.objects.filter(public_id=public_id, account__provider=provider, account__callback_token=token)
    generation = named.select_related("account").only("account", "status").first()
    if generation is None:
        return HttpResponse(status=404)
    account = generation.account
    body = request.read(settings.LIMITS["callback_bytes"] + 1)
    if len(body) > settings.LIMITS["callback_bytes"]:
        return HttpResponse(status=413)
    try:
        heard = asyncio.run(_read(account, _delivery(request, body)))
    except providers.CallbackInvalid as error:
        ProviderAccount.objects.filter(pk=account.pk).update(forged_callbacks=F("forged_callbacks") + 1)
        log.warning("callback_refused", provider=provider, account=account.pk, why=error.code)
        return HttpResponse(status=400)
    except providers.ProviderError as error:
        log.warning("callback_unchecked", provider=provider, account=account.pk, why=error.code)
        return HttpResponse(status=503)
    lifecycle.wake(
        account=account,
        generation=generation,
        callback=heard,
        body_sha256=hashlib.sha256(body).hexdigest(),
        now=timezone.now(),
    )
    return HttpResponse(status=200)


def _delivery(request: HttpRequest, body: bytes) -> providers.Delivery:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return providers.Delivery(headers=headers, body=body, received_at=timezone.now())


async def _read(account: ProviderAccount, delivery: providers.Delivery) -> providers.Callback:
    async with lifecycle.provider_session() as http:
        return await providers.get(lifecycle.provider_account(account), http).read_callback(delivery)

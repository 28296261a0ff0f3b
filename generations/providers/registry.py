"""Every provider there is, by its slug. A new one is a module and a line here."""

from __future__ import annotations

from generations.providers.base import Adapter
from generations.providers.fal import Fal
from generations.providers.gateway import Gateway
from generations.providers.kling import Kling
from generations.providers.wavespeed import WaveSpeed

ADAPTERS: dict[str, type[Adapter]] = {
    Fal.slug: Fal,
    Kling.slug: Kling,
    WaveSpeed.slug: WaveSpeed,
    Gateway.slug: Gateway,
}

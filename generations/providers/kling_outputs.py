"""The files that a task of the official API made, in both of its shapes. docs/providers.md 3.9."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from generations.choices import MediaKind
from generations.providers.reply import is_web_url, plain
from generations.providers.types import JSON, Output

OUTPUT_LIFE = timedelta(days=30)
_Found = Iterator[tuple[JSON, MediaKind, JSON]]


def legacy_outputs(data: Mapping[str, JSON]) -> tuple[Output, ...]:
    """What stands in `task_result`."""
    result = data.get("task_result")
    lists = result if isinstance(result, dict) else {}
    found = (item for name in _LEGACY for entry in _entries(lists.get(name)) for item in _LEGACY[name](entry))
    return _as_outputs(found, data.get("updated_at"))


def new_outputs(item: Mapping[str, JSON]) -> tuple[Output, ...]:
    """What stands in `outputs`; an element or a voice is no file of a take."""
    entries = _entries(item.get("outputs"))
    found = (part for entry in entries for part in _NEW.get(str(entry.get("type")), _nothing)(entry))
    return _as_outputs(found, item.get("update_time"))


def _clip(entry: Mapping[str, JSON]) -> _Found:
    """The clean file, then the marked one, which is there only where it was asked for. Only the clean one has the id
    under which it can be worked on."""
    yield entry.get("url"), MediaKind.VIDEO, entry.get("id")
    yield entry.get("watermark_url"), MediaKind.VIDEO, None


def _picture(entry: Mapping[str, JSON]) -> _Found:
    yield entry.get("url"), MediaKind.IMAGE, entry.get("id")
    yield entry.get("watermark_url"), MediaKind.IMAGE, None


def _sound(entry: Mapping[str, JSON]) -> _Found:
    # The same sound twice; the one without loss is kept.
    names = ("url_wav", "wav_url", "url_mp3", "mp3_url", "url")
    yield next((entry[name] for name in names if is_web_url(entry.get(name))), None), MediaKind.AUDIO, entry.get("id")


def _nothing(entry: Mapping[str, JSON]) -> _Found:
    yield from ()


_Reader = Callable[[Mapping[str, JSON]], _Found]
_LEGACY: dict[str, _Reader] = {"videos": _clip, "images": _picture, "series_images": _picture, "audios": _sound}
_NEW: dict[str, _Reader] = {"video": _clip, "image": _picture, "audio": _sound}


def _as_outputs(found: _Found, changed_at_ms: JSON) -> tuple[Output, ...]:
    expires_at = _expiry(changed_at_ms)
    return tuple(
        Output(url, kind, provider_id=_text(own_id), expires_at=expires_at)
        for url, kind, own_id in found
        if is_web_url(url)
    )


def _entries(value: JSON) -> list[Mapping[str, JSON]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _expiry(changed_at_ms: JSON) -> datetime | None:
    """Thirty days after the task's last change, which was its end."""
    if not isinstance(changed_at_ms, int) or not 0 < changed_at_ms < 10**13:
        return None
    return datetime.fromtimestamp(changed_at_ms / 1000, UTC) + OUTPUT_LIFE


def _text(value: JSON) -> str:
    return plain(str(value), 120) if isinstance(value, str | int) else ""

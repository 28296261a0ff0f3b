"""The site's settings on servers and files of the test run's own; everything else stays as a fresh clone has it."""

import os
from contextlib import ExitStack
from pathlib import Path

from kling_site.local import session

_open = ExitStack()
# Each of several workers has servers of its own: one empties its Redis while another counts on it.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
_is_new_worker = os.environ.get("KLING_SITE_TEST_WORKER", "") != _worker
# A process that the test run starts finds the folder here and uses the servers that run there already.
OWN_SERVERS = _is_new_worker or "KLING_SITE_TEST_VAR" not in os.environ
if OWN_SERVERS:
    session.clear_environment()
    os.environ["KLING_SITE_TEST_WORKER"] = _worker
    os.environ["KLING_SITE_TEST_VAR"] = str(_open.enter_context(session.data_folder(f"test{_worker}")))
os.environ["KLING_SITE_VAR"] = os.environ["KLING_SITE_TEST_VAR"]

from kling_site import settings as _site  # noqa: E402  # it reads the environment that was just made

globals().update({name: getattr(_site, name) for name in dir(_site) if name.isupper()})

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = Path(os.environ["KLING_SITE_VAR"]) / "media"
STATIC_ROOT = Path(os.environ["KLING_SITE_VAR"]) / "static"
STORAGES = {
    **_site.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns about a folder that is not there


def close() -> None:
    """Give the data folder back; a temporary one goes."""
    _open.close()

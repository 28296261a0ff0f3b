"""PostgreSQL and Redis for a laptop: their secrets, their folders and the addresses under which they are reached.

Settings import this in every process, so it starts nothing, connects to nothing and needs only the standard library.
`kling_site.local` starts the servers.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

DATABASE_NAME = "kling_site"
DATABASE_USER = "postgres"
# macOS takes 103 bytes for a socket's path, Linux 107; the longest name that is put behind the folder has 23.
SOCKET_FOLDER_BYTES = 80


def secret(var_dir: Path, name: str) -> str:
    """The secret `name` of this installation: made at first use, then always the same. Raises OSError."""
    return _kept(var_dir, name, lambda: secrets.token_urlsafe(64))


def fernet_key(var_dir: Path) -> str:
    """The key that encrypts provider credentials: 32 bytes in base64, as Fernet wants it. Raises OSError."""
    return _kept(var_dir, "credentials_key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def servers_dir(var_dir: Path) -> Path:
    """Where both servers keep their files; a link to elsewhere if their account cannot reach var/ itself."""
    return var_dir / "servers"


def socket_dir(var_dir: Path) -> Path:
    """The private folder of both servers' sockets: below var/, or a short one in /tmp where var/ lies too deep."""
    near = servers_dir(var_dir) / "sockets"
    if len(os.fsencode(near)) <= SOCKET_FOLDER_BYTES:
        return near
    # Not $TMPDIR: it differs between two logins of one person, and every process must find the same folder.
    return Path("/tmp") / f"kling-site-{hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:16]}"  # noqa: S108


def database_url(var_dir: Path) -> str:
    """The embedded PostgreSQL, in libpq's own form for a Unix socket."""
    return f"postgres://{DATABASE_USER}@/{DATABASE_NAME}?host={quote(str(socket_dir(var_dir)), safe='')}"


def redis_socket(var_dir: Path) -> Path:
    return socket_dir(var_dir) / "redis.sock"


def redis_url(var_dir: Path) -> str:
    """The embedded Redis, in the form that redis-py, Django's cache and RQ read."""
    return f"unix://{quote(str(redis_socket(var_dir)))}?db=0"


def _kept(var_dir: Path, name: str, make: Callable[[], str]) -> str:
    path = var_dir / "secrets" / name
    try:
        return path.read_text()
    except FileNotFoundError:
        pass
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        # A link fails where a name exists: of several first users one wins, and nobody ever reads half a secret.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text()

"""Secrets, folders and addresses of the embedded servers."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import environ
import psycopg
import pytest
import redis
from cryptography.fernet import Fernet
from django.db import connection

from kling_site import embedded

AWKWARD = Path("/srv/my data/a+b%20c/ü")


def test_a_secret_stays_the_same_and_is_for_its_owner_alone(tmp_path):
    first = embedded.secret(tmp_path / "var", "secret_key")

    assert embedded.secret(tmp_path / "var", "secret_key") == first
    assert embedded.secret(tmp_path / "var", "another") != first
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "var" / "secrets" / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var" / "secrets").stat().st_mode) == 0o700


def test_many_first_users_at_once_agree_on_one_secret(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        read = list(pool.map(lambda _: embedded.secret(tmp_path, "secret_key"), range(64)))

    assert len(set(read)) == 1
    assert os.listdir(tmp_path / "secrets") == ["secret_key"]


def test_the_credentials_key_is_one_that_fernet_takes(tmp_path):
    fernet = Fernet(embedded.fernet_key(tmp_path))

    assert fernet.decrypt(fernet.encrypt(b"key")) == b"key"
    assert embedded.fernet_key(tmp_path) == embedded.fernet_key(tmp_path)


@pytest.mark.parametrize("var_dir", [Path("/srv/site/var"), AWKWARD])
def test_the_addresses_survive_every_parser_that_reads_them(var_dir):
    sockets = str(var_dir / "servers" / "sockets")

    parsed = environ.Env().db_url_config(embedded.database_url(var_dir))
    assert (parsed["NAME"], parsed["USER"], parsed["OPTIONS"]["host"]) == ("kling_site", "postgres", sockets)
    assert psycopg.conninfo.conninfo_to_dict(embedded.database_url(var_dir))["host"] == sockets
    pool = redis.ConnectionPool.from_url(embedded.redis_url(var_dir))
    assert pool.connection_kwargs["path"] == f"{sockets}/redis.sock"


def test_the_addresses_are_known_before_anything_exists(tmp_path):
    embedded.database_url(tmp_path / "none")
    embedded.redis_url(tmp_path / "none")

    assert not (tmp_path / "none").exists()


def test_a_deep_folder_gets_short_sockets_of_its_own():
    deep, deeper = Path("/srv", "x" * 90), Path("/srv", "x" * 91)

    assert len(os.fsencode(embedded.socket_dir(deep))) <= embedded.SOCKET_FOLDER_BYTES
    assert embedded.socket_dir(deep) == embedded.socket_dir(deep)
    assert embedded.socket_dir(deep) != embedded.socket_dir(deeper)


@pytest.mark.django_db
def test_the_test_run_has_real_servers_of_its_own():
    from django.core.cache import cache

    with connection.cursor() as cursor:
        cursor.execute("select current_database(), lower('ÄÖ'), current_setting('server_version_num')::int >= 160000")
        name, letters, is_new = cursor.fetchone()
    assert name.startswith("test_kling_site")  # each of several workers adds its own name
    assert (letters, is_new) == ("äö", True)
    cache.set("seen", 1)
    assert cache.get("seen") == 1

"""What the environment asks of a run, and the sentences for what cannot be."""

import os
import socket
from pathlib import Path

import pytest

from kling_site.local import processes, site
from kling_site.local.errors import CannotRun


def test_a_fresh_clone_listens_on_this_machine_alone():
    wanted = site.read({})

    assert (wanted.bind, wanted.sandbox_port, wanted.var_dir) == ("127.0.0.1:8000", 8100, site.ROOT / "var")
    environment = wanted.environment({})
    assert environment["PUBLIC_URL"] == "http://127.0.0.1:8000"
    assert environment["SANDBOX_ORIGIN"] == "http://127.0.0.1:8100"
    assert "ALLOWED_HOSTS" not in environment


def test_the_variables_move_a_second_copy():
    given = {"PORT": "8001", "SANDBOX_PORT": "8101", "KLING_SITE_VAR": "/srv/two"}

    environment = site.read(given).environment(given)

    assert environment["PUBLIC_URL"] == "http://127.0.0.1:8001"
    assert environment["KLING_SITE_VAR"] == environment[processes.MARK] == "/srv/two"


def test_what_is_set_stays_as_it_is():
    given = {"PUBLIC_URL": "https://kling.example.com", "DATABASE_URL": "postgres://db/kling"}

    environment = site.read(given).environment(given)

    assert environment["PUBLIC_URL"] == "https://kling.example.com"
    assert environment["DATABASE_URL"] == "postgres://db/kling"


@pytest.mark.parametrize(
    ("host", "bind", "address"),
    [
        ("0.0.0.0", "0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("192.0.2.7", "192.0.2.7:8000", "http://192.0.2.7:8000"),
        ("::1", "[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_another_host_is_bound_and_reached(host, bind, address):
    wanted = site.read({"HOST": host})

    assert (wanted.bind, wanted.address) == (bind, address)


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80 ", "８０"])
def test_a_port_that_is_none_is_named(port):
    with pytest.raises(CannotRun, match="which is not a port"):
        site.read({"PORT": port})


def test_one_port_for_both_is_refused():
    with pytest.raises(CannotRun, match="both 8100"):
        site.read({"PORT": "8100"})


def test_a_taken_port_says_which_variable_moves_it(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        wanted = site.Site(tmp_path, "127.0.0.1", port, port + 1)

        with pytest.raises(CannotRun) as refused:
            site.check_ports(wanted)

    assert str(refused.value) == (
        f"Port {port} is taken by another program. Set PORT to a free one, for example PORT={port + 10} ./scripts/run."
    )


def test_a_data_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(CannotRun, match="cannot be written .* Set KLING_SITE_VAR"):
        site.check_writable(tmp_path / "file" / "var")


def test_a_data_folder_is_made_whole_and_left_clean(tmp_path):
    site.check_writable(tmp_path / "a" / "var")

    assert sorted(os.listdir(tmp_path / "a" / "var")) == ["log", "run"]
    assert os.listdir(tmp_path / "a" / "var" / "log") == []


def test_the_lock_is_one_at_a_time_and_free_afterwards(tmp_path):
    site.check_writable(tmp_path)

    with site.locked(tmp_path) as first, site.locked(tmp_path) as second:
        assert (first, second) == (True, False)
    with site.locked(tmp_path) as third:
        assert third


def test_a_relative_folder_is_meant_from_here():
    assert site.var_dir({"KLING_SITE_VAR": "x/y"}) == Path.cwd() / "x" / "y"

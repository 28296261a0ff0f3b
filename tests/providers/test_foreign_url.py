"""Where a request of ours may go when somebody else wrote the address: every spelling of an own address is one."""

import pytest

from generations.providers.foreign_url import is_allowed


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0。0。7",
        "127.0.0．1",
        "169.254.169｡254",
        "127.0.0%2E1",
        "vault。internal",
        "127.0.0.1。",
        "localhost。",
        "vault%2Einternal",
        "[::1]",
        "0x7f.0x1",
    ],
)
def test_no_spelling_of_an_own_host_is_let_through(host):
    assert not is_allowed(f"https://{host}/kling/v1", "")


@pytest.mark.parametrize("host", ["gateway.example", "gateway.example.", "bücher.example", "7.example:8443"])
def test_a_public_name_is(host):
    assert is_allowed(f"https://{host}/kling/v1", "")

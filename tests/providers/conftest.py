import pytest

pytest.register_assert_rewrite("tests.providers.contract", "tests.providers.secret_check")


@pytest.fixture(autouse=True)
def _forget_signing_keys():
    from generations.providers import fal_callback

    fal_callback._kept.clear()

from tests.studio import fast, quick_sandbox, scratch, studio, true_sandbox, true_studio  # noqa: F401

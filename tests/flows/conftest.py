from tests.studio import (  # noqa: F401
    commits,
    fast,
    quick_sandbox,
    scratch,
    studio,
    swept,
    true_sandbox,
    true_studio,
)

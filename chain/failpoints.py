"""Named places at which the tests may end the process, as a power cut would."""

import os
import signal
from typing import Final

from django.conf import settings

# In the order in which a commitment passes them; each stands beside a write. The last group needs
# a stuck transaction or a reorganisation to be reached.
NAMES: Final = (
    "commit.stored",
    "batch.stored",
    "batch.committed",
    "consents.stored",
    "consents.committed",
    "transaction.stored",
    "transaction.committed",
    "transaction.before-broadcast",
    "transaction.broadcast",
    "block.stored",
    "block.committed",
    "receipt.stored",
    "receipt.committed",
    "final.stored",
    "final.committed",
    "replacement.stored",
    "replacement.committed",
    "orphan.stored",
    "orphan.committed",
)


def failpoint(name: str) -> None:
    """End this process at once if SALUS_FAILPOINT names the place; never in production."""
    assert name in NAMES, name
    if settings.FAILPOINTS and os.environ.get("SALUS_FAILPOINT") == name:
        os.kill(os.getpid(), signal.SIGKILL)

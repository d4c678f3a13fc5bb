"""The ledger: commitments, anchoring, sender, watcher, proofs."""

from django.apps import AppConfig


class ChainConfig(AppConfig):
    """The ledger."""

    name = "chain"

    def ready(self) -> None:
        """Batches follow the log's events."""
        from chain import anchoring, watcher

        watcher.subscribe(
            "AnchorLog", "Appended", apply=anchoring.appended, undo=anchoring.unappended
        )

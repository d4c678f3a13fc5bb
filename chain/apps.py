"""The ledger: commitments, anchoring, sender, watcher, proofs."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChainConfig(AppConfig):
    """The ledger."""

    name = "chain"

    def ready(self) -> None:
        """Batches and consents follow the chain's events; each kind of job knows its effect."""
        from chain import anchoring, deployment, registry, rotation
        from chain.contracts import LOG, REGISTRY
        from chain.sender import JobKind, register_kind
        from chain.watcher import subscribe
        from core.registry import ApiArea
        from core.registry import registry as shell

        shell.api_areas.append(
            ApiArea(
                "ledger", _("Public ledger"), _("What everybody may see of it"), 60, writes=False
            )
        )
        subscribe(LOG, "Appended", apply=anchoring.appended, undo=anchoring.unappended)
        for event in ("Granted", "Revoked"):
            subscribe(REGISTRY, event, apply=registry.recorded, undo=registry.unrecorded)
        register_kind("anchor", JobKind(anchoring.is_anchored, anchoring.mark_sent))
        register_kind("consents", JobKind(registry.is_recorded, registry.mark_sent))
        register_kind("create", JobKind(deployment.was_created))
        register_kind("role", JobKind(rotation.role_changed))

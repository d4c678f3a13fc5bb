"""Those who may be the same person, for the registrar's pages."""

from collections.abc import Sequence

from accounts.viewer import Viewer
from records.presenters.registry import Alike
from records.registry import administered_among
from records.services.matching import Candidate


def alike_rows(candidates: Sequence[Candidate], viewer: Viewer) -> list[Alike]:
    """Candidates with whether they are the viewer's organisation's own."""
    ours = administered_among(viewer, [c.patient.pk for c in candidates])
    return [Alike(candidate, candidate.patient.pk in ours) for candidate in candidates]

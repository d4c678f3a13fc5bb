"""Grants, in words."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from records.models import Consent, ConsentStatement, Custody
from records.presenters.clinical import KINDS, OTHER, Entry
from records.services.previewing import Preview


@dataclass(frozen=True)
class Grant:
    """One line of the sharing page."""

    consent: Consent

    @property
    def grantee(self) -> str:
        """Who may see it."""
        return str(self.consent.user or self.consent.organisation)

    @property
    def kind(self) -> str:
        """Person or what kind of organisation."""
        organisation = self.consent.organisation
        return str(organisation.get_kind_display()) if organisation else _("Person")

    @property
    def scope(self) -> str:
        """What they may see."""
        return str(self.consent.get_scope_display())

    @property
    def last_day(self) -> date:
        """The last day on which the grant holds."""
        return (self.consent.ends_at - timedelta(seconds=1)).date()

    @property
    def active(self) -> bool:
        """Whether it holds now."""
        return (
            self.consent.status == Consent.Status.ACTIVE and self.consent.ends_at > timezone.now()
        )

    @property
    def ended_words(self) -> str:
        """Why it holds no longer."""
        revoked = self.consent.status == Consent.Status.REVOKED
        return _("Ended by you") if revoked else _("Ran out")

    @property
    def state(self) -> str:
        """How far the seal of the newest statement is."""
        return self.newest.entry.state

    @property
    def sealed_at(self) -> datetime | None:
        """Since when that seal is final."""
        return self.newest.entry.final_at

    @property
    def custody(self) -> str:
        """Who signed the newest statement: the person, or Salus for them."""
        return str(self.newest.get_custody_display())

    @property
    def own(self) -> bool:
        """Whether the person signed it with a key of their own."""
        return self.newest.custody == Custody.OWN

    @property
    def proof_id(self) -> UUID:
        """The commitment whose proof shows the grant, and its end."""
        granted = next(s for s in self._statements if s.number == ConsentStatement.GRANT)
        assert granted.entry.commitment_id is not None
        return granted.entry.commitment_id

    @property
    def proof_url(self) -> str:
        """The page of that proof."""
        return reverse("proof-page", args=[self.proof_id])

    @property
    def newest(self) -> ConsentStatement:
        """The newest statement."""
        return max(self._statements, key=lambda s: s.number)

    @property
    def _statements(self) -> list[ConsentStatement]:
        return list(self.consent.statements.all())


@dataclass(frozen=True)
class PreviewLines:
    """What somebody would see, in words."""

    preview: Preview

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many of each kind."""
        return [(str(KINDS.get(type, OTHER).label), n) for type, n in self.preview.seen.items()]

    @property
    def hidden(self) -> int:
        """How many they would not see."""
        return self.preview.hidden

    @property
    def examples(self) -> list[Entry]:
        """Some of the newest that they would see."""
        return [Entry(one) for one in self.preview.examples]

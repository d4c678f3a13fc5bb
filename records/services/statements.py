"""What a person signs when they share their record or end that: built here, signed, checked."""

import base64
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core import signing
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.viewer import Viewer
from chain.canonical import canonical, parse
from chain.commitments import hex_of, keccak256
from chain.contracts import current_registry
from chain.custody import custody_signature
from chain.models import Commitment
from chain.signatures import Registry, typed_data, typed_digest
from core.deployment import portal_urn
from core.errors import Invalid, Problem, Unavailable
from core.keys import Owner, sealer_for
from records.models import SCOPE_TYPES, Consent, Custody, Delegation, Scope
from records.provisions import Provision, template, words
from records.services.store import instant

DOCUMENT, STATEMENT = "salus-consent/1", "salus-consent-statement/1"
SECRET = 32  # bytes
TIME_TO_SIGN = 15 * 60  # seconds
DAY = "j F Y"  # as on the pages
_TOKEN = "salus.consent-draft"  # noqa: S105 - the name of a purpose, no secret

Place = dict[str, Any]  # chain id and contract, as a statement names its registry


@dataclass(frozen=True)
class Draft:
    """A statement before it is signed; `secret` will end the grant (empty in an end itself)."""

    statement: bytes
    secret: bytes = b""

    @property
    def said(self) -> dict[str, Any]:
        """The statement's members."""
        parsed: dict[str, Any] = parse(self.statement)
        return parsed

    @classmethod
    def of_document(cls, document: bytes) -> "Draft":
        """The statement out of a signed document; its secret is kept elsewhere."""
        return cls(base64.b64decode(parse(document)["statement"]))

    @property
    def registry(self) -> Registry:
        """Where it is to be recorded."""
        place = self.said["registry"]
        return Registry(place["chain_id"], bytes.fromhex(place["contract"][2:]))

    @property
    def digest(self) -> bytes:
        """What an EIP-712 wallet signs."""
        return typed_digest(self.registry, self.said["text"], self.statement)

    @property
    def typed_data(self) -> dict[str, Any]:
        """What a wallet is given to show and to sign."""
        return typed_data(self.registry, self.said["text"], self.statement)

    def document(self, signature: dict[str, Any]) -> bytes:
        """The signed statement: the bytes that are sealed and committed."""
        return canonical(
            {
                "format": DOCUMENT,
                "signature": signature,
                "statement": base64.b64encode(self.statement).decode(),
            }
        )

    def portal_signature(self) -> dict[str, str]:
        """Signed by Salus for the person; only where the statement says so."""
        assert self.said["custody"] == Custody.PORTAL
        patient = UUID(self.said["patient"].removeprefix("Patient/"))
        return custody_signature(Owner.patient(patient), self.digest)

    def token(self, by: Viewer) -> str:
        """For the page on which it is signed: comes back unchanged, from the same person, in time.

        Sealed, since whoever read the secret in it could end the grant on the chain.
        """
        patient = self.said["patient"].removeprefix("Patient/")
        sealer = sealer_for(Owner.patient(UUID(patient)))
        sealed = sealer.seal(bytes([len(self.secret)]) + self.secret + self.statement, _TOKEN)
        content = [str(by.user.pk), patient, base64.b64encode(sealed).decode()]
        return signing.dumps(content, salt=_TOKEN)

    @classmethod
    def of_token(cls, token: str, by: Viewer) -> "Draft":
        """Raises Invalid where the token is not this person's, or too old."""
        try:
            user, patient, sealed = signing.loads(token, salt=_TOKEN, max_age=TIME_TO_SIGN)
        except signing.BadSignature:
            user = ""
        if user != str(by.user.pk):
            late = _("This took too long, or was not begun by you. Please start again.")
            raise Invalid(problems=[Problem("", late)])
        opened = sealer_for(Owner.patient(UUID(patient))).open(base64.b64decode(sealed), _TOKEN)
        end = 1 + opened[0]  # a byte says how long the secret is
        return cls(opened[end:], opened[1:end])


def grant_draft(  # noqa: PLR0913 - what a grant is made of
    *,
    patient_id: UUID,
    grantee: User | Organisation,
    scope: Scope,
    ends_at: datetime,
    last_day: str,
    custody: Custody,
    delegation: Delegation | None = None,
    provisions: tuple[Provision, ...] = (),
) -> Draft:
    """The statement `I let ... see ... until ...`; with provisions it says each of them, twice: in
    its sentence, and as data.
    """
    secret = os.urandom(SECRET)
    kind = "User" if isinstance(grantee, User) else "Organization"
    what = words(provisions) if provisions else str(scope.label)
    types = {type for row in provisions for type in row.types} or SCOPE_TYPES[scope]
    said = _common(uuid4(), patient_id, custody, _current_place()) | {
        "action": "grant",
        "ends_at": instant(ends_at),
        "grantee": f"{kind}/{grantee.pk}",
        "lock": hex_of(keccak256(secret)),
        "resource_types": list(types) if not provisions else sorted(types),
        "scope": scope.value,
        "text": grant_text(str(grantee), what, last_day, delegation),
    }
    if provisions:
        said["provisions"] = [row.said for row in provisions]
    return Draft(canonical(said), secret)


def provisions_said(said: dict[str, Any]) -> tuple[Provision, ...]:
    """What a grant permits and denies; a statement without provisions says it by its scope."""
    if "provisions" in said:
        return tuple(Provision.of_said(one) for one in said["provisions"])
    return template(Scope(said["scope"]))


def end_draft(  # noqa: PLR0913 - what an end is made of
    consent: Consent,
    *,
    granted: Commitment,
    place: Place,
    who: str,
    custody: Custody,
    delegation: Delegation | None = None,
) -> Draft:
    """The statement `... may no longer see my record`; `place` is where the grant was recorded."""
    said = _common(consent.pk, consent.patient_id, custody, place) | {
        "action": "revoke",
        "consent": hex_of(granted.digest),
        "text": _end_text(who, date_format(consent.created_at, DAY), delegation),
    }
    return Draft(canonical(said))


def grant_text(who: str, what: str, last_day: str, delegation: Delegation | None = None) -> str:
    """The sentence that a person signs, and that their wallet shows them."""
    words = {"who": who, "what": what, "day": last_day}
    if delegation is None:
        return _("I let %(who)s see this until the end of %(day)s: %(what)s.") % words
    return _(
        "For the person whose record this is, %(delegate)s (%(kind)s) lets %(who)s see this until "
        "the end of %(day)s: %(what)s."
    ) % (words | _said_by(delegation))


def _end_text(who: str, day: str, delegation: Delegation | None) -> str:
    words = {"who": who, "day": day}
    if delegation is None:
        return _("%(who)s may no longer see what I shared with them on %(day)s.") % words
    return _(
        "For the person whose record this is, %(delegate)s (%(kind)s) says: %(who)s may no longer "
        "see what was shared with them on %(day)s."
    ) % (words | _said_by(delegation))


def _said_by(delegation: Delegation) -> dict[str, str]:
    kind = str(delegation.get_kind_display()).lower()
    return {"delegate": str(delegation.delegate), "kind": kind}


def _current_place() -> Place:
    registry = current_registry()
    if registry is None:
        raise Unavailable(_("Salus is still being set up. Please try again in a minute."))
    return {"chain_id": registry.chain_id, "contract": hex_of(registry.address)}


def _common(consent_id: UUID, patient_id: UUID, custody: Custody, place: Place) -> dict[str, Any]:
    return {
        "format": STATEMENT,
        "portal": portal_urn(),
        "id": str(consent_id),
        "patient": f"Patient/{patient_id}",
        "custody": custody.value,
        "issued_at": instant(timezone.now()),
        "nonce": hex_of(os.urandom(16)),
        "registry": place,
    }

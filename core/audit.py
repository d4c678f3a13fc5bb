"""The audit trail's only door: one call per request or change, in the caller's transaction.

Requests only insert. What is said of a patient's data lies under the patient's key, and the patient
stands in the row by a pseudonym: whoever has the row and not the keys learns who was busy, and when.
"""

import hmac
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from core.keys import KeyDestroyed, Owner, Sealer, derived_secret, sealer_for
from core.models import AuditEvent, Purpose

Name = AuditEvent.Name
OWN_ROLE = "patient"  # the value of accounts' Role
CARER_ROLE = "carer"  # stands in for a patient, as what they are to that patient alone
# Who acts for a patient, not in an office: beside a pseudonym their account's id would unmask it.
PRIVATE_ROLES = (OWN_ROLE, CARER_ROLE)
__all__ = [
    "CARER_ROLE", "OWN_ROLE", "PRIVATE_ROLES", "Actor", "Details", "Name", "Purpose", "begin",
    "dated", "details_of", "keyed_hash", "origin", "own_actor", "pseudonym", "record",
    "record_each", "watch",
]  # fmt: skip


@dataclass(frozen=True)
class Actor:
    """Who acts, for which organisation and in which role, through which interface, and what for."""

    user_id: UUID | None
    organisation_id: UUID | None = None
    channel: str = "page"
    role: str = ""
    purpose: str = ""

    @property
    def private(self) -> bool:
        """Whether they act as a patient, or for one."""
        return self.role in PRIVATE_ROLES

    @property
    def as_carer(self) -> Self:
        """The same person, standing in for a patient; for an organisation they act as ever."""
        if self.organisation_id is not None:
            return self
        return replace(self, role=CARER_ROLE, purpose=Purpose.CARER)

    @classmethod
    def system(cls, channel: str) -> Self:
        """A command or task that the operator runs."""
        return cls(user_id=None, channel=channel)


# -- what else happens -----------------------------------------------------------------------------

# When something is noted: called with the patient concerned, and who did it.
Watcher = Callable[[UUID | None, Actor], None]
_watchers: dict[str, list[Watcher]] = defaultdict(list)


def watch(name: AuditEvent.Name, watcher: Watcher) -> None:
    """At start-up: be called, in the same transaction, whenever `record` notes such an event."""
    _watchers[name].append(watcher)


# -- which request ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Origin:
    """A request or the run of a task: what its rows have in common."""

    network: str = ""
    request: UUID = field(default_factory=uuid4)


_origin: ContextVar[Origin | None] = ContextVar("audit origin", default=None)
_dated: ContextVar[datetime | None] = ContextVar("audit date", default=None)


@contextmanager
def origin(network: str = "") -> Iterator[Origin]:
    """Everything recorded within is one event, from this network."""
    made = Origin(network)
    token = _origin.set(made)
    try:
        yield made
    finally:
        _origin.reset(token)


def begin() -> None:
    """A task's run begins here, and lasts until the next one's in the same process."""
    _origin.set(Origin())


@contextmanager
def dated(at: datetime) -> Iterator[None]:
    """For the demo's made-up past alone: what is recorded within is dated then."""
    if not settings.DEMO:
        raise RuntimeError("Audit rows are dated when they are written.")
    token = _dated.set(at)
    try:
        yield
    finally:
        _dated.reset(token)


# -- whom it concerns ------------------------------------------------------------------------------


def pseudonym(patient_id: UUID) -> UUID:
    """A patient's name in the trail: always the same, and nobody without the master key can tell."""
    return _hidden("audit pseudonym", patient_id)


def own_actor(user_id: UUID) -> UUID:
    """Who acts on their own record, or for its owner: beside the pseudonym their account's id would
    give away whose it is.
    """
    return _hidden("audit own actor", user_id)


def _hidden(purpose: str, id: UUID) -> UUID:
    digest = hmac.digest(_key(purpose, settings.MASTER_KEY), id.bytes, "sha256")
    made = bytearray(digest[:16])
    made[6], made[8] = made[6] & 0x0F | 0x80, made[8] & 0x3F | 0x80  # a UUID of version 8, RFC 9562
    return UUID(bytes=bytes(made))


def keyed_hash(text: str) -> str:
    """What stands for a typed address: the same for the same one, and no way back."""
    key = _key("audit address", settings.MASTER_KEY)
    return hmac.digest(key, text.strip().lower().encode(), "sha256").hex()[:16]


@lru_cache(maxsize=4)
def _key(purpose: str, master: str) -> bytes:
    # The master key is part of the cache's key, so that another one never meets an old secret.
    return derived_secret(purpose)


# -- writing ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Details:
    """What only the patient (else the portal) may read: on what, searched how, for what reason."""

    target: str = ""
    reason: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> bytes:
        """As JSON without what is empty; empty where there is nothing to say."""
        parts = {"parameters": dict(self.parameters), "reason": self.reason, "target": self.target}
        said = {key: value for key, value in parts.items() if value}
        return json.dumps(said, separators=(",", ":")).encode() if said else b""

    @classmethod
    def of(cls, document: bytes) -> Self:
        """From `document`."""
        said: dict[str, Any] = json.loads(document) if document else {}
        return cls(**said)


def record(  # noqa: PLR0913 - the columns of an audit row
    name: AuditEvent.Name,
    *,
    by: Actor,
    subject: UUID | None = None,
    target: str = "",
    count: int | None = None,
    purpose: str = "",
    reason: str = "",
    parameters: Mapping[str, str] | None = None,
    sealer: Sealer | None = None,
) -> None:
    """Insert one audit row; `subject` is the patient concerned, by FHIR id.

    Pass the patient's `sealer` where it is at hand: without it the key is fetched once more.
    """
    details = Details(target, reason, parameters or {})
    row = _row(name, by=by, subject=subject, count=count, purpose=purpose)
    _seal(row, details, sealer or _sealer(subject, details))
    row.save(force_insert=True)
    for watcher in _watchers[name]:
        watcher(subject, by)


def record_each(
    name: AuditEvent.Name,
    *,
    by: Actor,
    sealers: Iterable[Sealer],
    target: str = "",
    counts: Mapping[UUID, int] | None = None,
) -> None:
    """One row for each patient of a list, so that each of them sees that they were on it.

    The patients are named by their sealers, which whoever opened their data has at hand; `counts`
    says how many entries of each there were, one where it says nothing.
    """
    request, details, rows = (_origin.get() or Origin()).request, Details(target), []
    for sealer in sealers:
        subject = sealer.owner.id
        row = _row(name, by=by, subject=subject, count=(counts or {}).get(subject, 1))
        row.request = request
        _seal(row, details, sealer)
        rows.append(row)
    AuditEvent.objects.bulk_create(rows)


def _row(
    name: AuditEvent.Name,
    *,
    by: Actor,
    subject: UUID | None,
    count: int | None,
    purpose: str = "",
) -> AuditEvent:
    where, made_up = _origin.get() or Origin(), _dated.get()
    return AuditEvent(
        at=made_up or timezone.now(),
        request=where.request,
        name=name,
        actor_id=own_actor(by.user_id) if subject and by.private and by.user_id else by.user_id,
        organisation_id=by.organisation_id,
        role=by.role,
        subject=pseudonym(subject) if subject else None,
        count=count,
        purpose=purpose or by.purpose,
        channel=by.channel,
        network=where.network,
    )


def _sealer(subject: UUID | None, details: Details) -> Sealer | None:
    """The patient's, else the portal's; None where there is nothing to seal or no key any more."""
    if not details.document:
        return None
    try:
        return sealer_for(Owner.patient(subject) if subject else Owner.portal())
    except KeyDestroyed:
        return None  # an erased person's row says less


def _seal(row: AuditEvent, details: Details, sealer: Sealer | None) -> None:
    if sealer is not None and details.document:
        row.details = sealer.seal(details.document, _context(row))


def _context(row: AuditEvent) -> str:
    return f"audit {row.request} {row.name}"


# -- reading ---------------------------------------------------------------------------------------


def details_of(row: AuditEvent, sealer: Sealer) -> Details:
    """What lies under the patient's or the portal's key; raises Tampered."""
    if row.details is None:
        return Details()
    return Details.of(sealer.open(row.details, _context(row)))

"""The audit trail as FHIR AuditEvent resources: one for each request, made when it is asked for."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from core.deployment import portal_urn
from core.models import AuditEvent, Purpose
from exchange.audit_words import ACTIONS, EVENT_TYPES, PURPOSES, V3_PURPOSE
from oversight.presenters.trail import EventRow
from oversight.rows import instant

Json = dict[str, Any]
PSEUDONYM = "urn:salus:audit:pseudonym"
ROLES = "urn:salus:audit:role"
EVENTS = "urn:salus:audit:event"


def audit_events(rows: Sequence[EventRow], *, patient_id: UUID | None) -> list[Json]:
    """A resource for each request, in the order of the rows; rows of a request must stand together.

    A patient is named by reference to themselves (`patient_id`), to anybody else by pseudonym.
    """
    together = groupby(rows, key=lambda row: row.event.request)
    return [_resource(request, list(group), patient_id) for request, group in together]


def _resource(request: UUID, rows: list[EventRow], patient_id: UUID | None) -> Json:
    first = rows[0].event
    name = AuditEvent.Name(first.name)
    kinds = list(dict.fromkeys(row.event.name for row in rows))
    resource: Json = {
        "resourceType": "AuditEvent",
        "id": str(request),
        "type": EVENT_TYPES.get(name, EVENT_TYPES[None]),
        "subtype": [_coding(EVENTS, kind, str(AuditEvent.Name(kind).label)) for kind in kinds],
        "recorded": instant(first.at),
        "outcome": "4" if name in _FAILED else "0",
        "agent": [_agent(rows[0], own=_own(rows[0], patient_id))],
        "source": {
            "observer": {"display": "Salus", "identifier": {"value": portal_urn()}},
            "type": [{"system": _SOURCE, "code": "4", "display": "Application Server"}],
        },
    }
    if action := ACTIONS.get(name):
        resource["action"] = action
    if first.purpose:
        resource["purposeOfEvent"] = [_purpose(first.purpose)]
    if entities := list(_entities(rows, patient_id)):
        resource["entity"] = entities
    return resource


_FAILED = (
    AuditEvent.Name.ACCESS_REFUSED, AuditEvent.Name.SIGN_IN_FAILED, AuditEvent.Name.LOCKED_OUT,
)  # fmt: skip
_SOURCE = "http://terminology.hl7.org/CodeSystem/security-source-type"
_ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ENTITY_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"


def _own(row: EventRow, patient_id: UUID | None) -> bool:
    return patient_id is not None and row.event.role == "patient"


def _agent(row: EventRow, *, own: bool) -> Json:
    event = row.event
    agent: Json = {"requestor": event.actor_id is not None, "name": row.who}
    # An account's id beside a pseudonym would join what a person does to what is done with theirs.
    if event.actor_id is not None and (own or event.role != "patient"):
        agent["altId"] = str(event.actor_id)
    if event.role:
        agent["role"] = [{"coding": [_coding(ROLES, event.role)]}]
    if event.purpose:
        agent["purposeOfUse"] = [_purpose(event.purpose)]
    if event.network:
        agent["network"] = {"address": event.network, "type": "2"}
    if row.place:
        agent["who"] = {
            "display": f"{row.who}, {row.place}",
        }
    return agent


def _entities(rows: Iterable[EventRow], patient_id: UUID | None) -> Iterable[Json]:
    seen: set[tuple[object, str]] = set()
    for row in rows:
        event = row.event
        if event.subject is None:
            if row.said:
                yield {
                    "what": {"display": row.said},
                    "type": _coding(_ENTITY, "2", "System Object"),
                }
            continue
        key = (event.subject, row.details.target)
        if key in seen:
            continue
        seen.add(key)
        yield _patient(event.subject, patient_id)
        if row.details.target:
            yield {
                "what": _target(row.details.target),
                "type": _coding(_ENTITY, "2", "System Object"),
            }


def _patient(subject: UUID, patient_id: UUID | None) -> Json:
    what: Json = {"identifier": {"system": PSEUDONYM, "value": str(subject)}}
    if patient_id is not None:
        what = {"reference": f"Patient/{patient_id}"}
    return {
        "what": what,
        "type": _coding(_ENTITY, "1", "Person"),
        "role": _coding(_ENTITY_ROLE, "1", "Patient"),
    }


def _target(target: str) -> Json:
    return {"reference": target} if "/" in target else {"display": target}


def _purpose(purpose: str) -> Json:
    code, display = PURPOSES[Purpose(purpose)]
    return {"coding": [_coding(V3_PURPOSE, code, display)]}


def _coding(system: str, code: str, display: str = "") -> Json:
    coding = {"system": system, "code": code}
    return coding | {"display": display} if display else coding

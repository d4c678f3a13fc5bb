"""The four rules: what they look for in rows that were sealed since they looked last.

Findings are kept by a key that says what makes them one, so looking again finds nothing new. What
counts as looking: entries, pages and proofs of somebody's record; a name in a list does not.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Max

from core.acting import portal_acts
from core.audit import PRIVATE_ROLES, Name, pseudonym
from core.models import Purpose
from oversight.models import AuditSeal, Rule, RuleSetting, Scan
from records.models import Patient

SEALS_AT_ONCE = 200
PRIVATE = ["", *PRIVATE_ROLES]
LOOKS = [
    Name.RECORD_READ.value, Name.RECORD_LISTED.value, Name.PROOF_READ.value,
    Name.EMERGENCY_OPENED.value,
]  # fmt: skip


@dataclass(frozen=True)
class Window:
    """The seals to look at: after the first, up to the last."""

    after: int
    to: int


def look() -> int:
    """Look at everything sealed since the last time; gives how many findings are new."""
    total = 0
    while (found := _look_further()) is not None:
        total += found
    return total


@portal_acts()
def _look_further() -> int | None:
    Scan.objects.get_or_create(only=True)
    scan = Scan.objects.select_for_update().get()
    newest = AuditSeal.objects.aggregate(last=Max("number"))["last"] or 0
    if newest <= scan.seal:
        return None
    window = Window(scan.seal, min(newest, scan.seal + SEALS_AT_ONCE))
    found = sum(
        _RULES[Rule(setting.rule)](window, setting) for setting in rule_settings() if setting.active
    )
    scan.seal = window.to
    scan.save(update_fields=["seal"])
    return found


def rule_settings() -> list[RuleSetting]:
    """How strict each rule is; what nobody changed is as it was delivered."""
    kept = {row.rule: row for row in RuleSetting.objects.all()}
    return [kept.get(rule.value) or RuleSetting(rule=rule.value) for rule in Rule]


# -- what they have in common ----------------------------------------------------------------------

# Looks of people at others' records: a patient who looks at their own acts as a patient, and who
# cares for one as a carer, whom the patient named.
_LOOKED = """
SELECT e.* FROM oversight_auditsealed AS s JOIN core_auditevent AS e ON e.id = s.event_id
WHERE s.seal_id > %(after)s AND s.seal_id <= %(to)s AND e.actor_id IS NOT NULL
  AND e.subject IS NOT NULL AND NOT e.role = ANY(%(private)s) AND e.name = ANY(%(looks)s)
"""
_INSERT = """
INSERT INTO oversight_finding (rule, key, event_id, actor_id, count, at, found_at, state, reason)
"""
# Somebody goes on within the same hour: the finding stays one, and says how many it is by now.
_KEEP = """
ON CONFLICT (key) DO UPDATE SET count = EXCLUDED.count
WHERE oversight_finding.state = 'open' AND oversight_finding.count < EXCLUDED.count
RETURNING (xmax = 0)
"""


_MEANT = {"looks": LOOKS, "private": PRIVATE}


def _run(sql: str, window: Window, **more: Any) -> int:
    parameters = {"after": window.after, "to": window.to, **_MEANT, **more}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return sum(new for (new,) in cursor.fetchall())


# -- the rules -------------------------------------------------------------------------------------

# An hour of somebody's looks, as a whole, where the window holds any of it.
_HOURS = f"""
WITH touched AS (
  SELECT DISTINCT actor_id, date_trunc('hour', at) AS hour FROM ({_LOOKED}) AS looked
), hours AS (
  SELECT e.actor_id, t.hour, min(e.id) AS id, min(e.at) AS at, count(DISTINCT e.subject) AS patients
  FROM touched AS t JOIN core_auditevent AS e
    ON e.actor_id = t.actor_id AND e.at >= t.hour AND e.at < t.hour + interval '1 hour'
  WHERE e.subject IS NOT NULL AND NOT e.role = ANY(%(private)s) AND e.name = ANY(%(looks)s)
  GROUP BY e.actor_id, t.hour
)
{_INSERT}
SELECT %(rule)s, %(rule)s || ':' || actor_id || ':' || extract(epoch FROM hour)::bigint,
  id, actor_id, patients, at, now(), 'open', ''
FROM hours
"""  # noqa: S608 - our own words  # nosec B608


def _after_hours(window: Window, setting: RuleSetting) -> int:
    """Looks outside of the working day, by the hour."""
    sql = f"""{_HOURS}
    WHERE extract(hour FROM at AT TIME ZONE %(zone)s) < %(opens)s
      OR extract(hour FROM at AT TIME ZONE %(zone)s) >= %(closes)s {_KEEP}"""
    return _run(
        sql, window, rule=Rule.AFTER_HOURS.value, zone=settings.TIME_ZONE,
        opens=setting.opens, closes=setting.closes,
    )  # fmt: skip


def _many_patients(window: Window, setting: RuleSetting) -> int:
    """So many different patients within an hour."""
    sql = f"{_HOURS} WHERE patients >= %(most)s {_KEEP}"
    return _run(sql, window, rule=Rule.MANY_PATIENTS.value, most=setting.most)


def _break_glass(window: Window, _setting: RuleSetting) -> int:
    """Every request that was made for an emergency."""
    sql = f"""{_INSERT}
    SELECT %(rule)s, %(rule)s || ':' || request, min(id), actor_id, count(DISTINCT subject),
      min(at), now(), 'open', ''
    FROM ({_LOOKED}) AS looked WHERE purpose = %(purpose)s GROUP BY request, actor_id {_KEEP}"""  # noqa: S608 - our own words  # nosec B608
    return _run(sql, window, rule=Rule.BREAK_GLASS.value, purpose=Purpose.EMERGENCY.value)


# The reader's organisation has written nothing about the patient, to this day (care often reads
# first), and neither it nor the reader was allowed to see anything at that time: by a grant, or by
# caring for them. What holds for a record holds for those that were merged into it then.
_UNRELATED = f"""{_INSERT}
SELECT %(rule)s, %(rule)s || ':' || l.actor || ':' || l.subject || ':' || l.at::date,
  l.id, l.actor, 1, l.at, now(), 'open', ''
FROM unnest(%(ids)s::bigint[], %(actors)s::uuid[], %(places)s::uuid[], %(subjects)s::uuid[],
  %(patients)s::uuid[], %(times)s::timestamptz[]) AS l(id, actor, place, subject, patient, at)
CROSS JOIN LATERAL (
  WITH RECURSIVE above(id) AS (
    SELECT l.patient UNION
    SELECT m.survivor_id FROM above JOIN records_patientmerge AS m ON m.retired_id = above.id
    WHERE m.state IN ('merged', 'undone') AND m.decided_at <= l.at
      AND (m.undone_at IS NULL OR m.undone_at > l.at)
  ) SELECT array_agg(id) AS records FROM above
) AS known
WHERE NOT EXISTS (
  SELECT FROM records_version AS v JOIN records_record AS r ON r.id = v.record_id
  WHERE r.patient_id = ANY(known.records) AND v.author_id = l.place
) AND NOT EXISTS (
  SELECT FROM records_consent AS c
  WHERE c.patient_id = ANY(known.records) AND (c.organisation_id = l.place OR c.user_id = l.actor)
    AND c.created_at <= l.at AND c.ends_at > l.at AND (c.revoked_at IS NULL OR c.revoked_at > l.at)
) AND NOT EXISTS (
  SELECT FROM records_delegation AS d
  WHERE d.patient_id = ANY(known.records) AND d.delegate_id = l.actor
    AND d.accepted_at <= l.at AND d.ends_at > l.at AND (d.ended_at IS NULL OR d.ended_at > l.at)
) AND NOT EXISTS (
  -- Those are found as emergencies.
  SELECT FROM records_emergencyaccess AS e
  WHERE e.patient_id = ANY(known.records) AND e.by_id = l.actor
    AND e.created_at <= l.at AND e.ends_at > l.at AND (e.ended_at IS NULL OR e.ended_at > l.at)
) {_KEEP}"""  # noqa: S608 - our own words  # nosec B608
_FIRST_LOOKS = f"""
SELECT min(id), actor_id, organisation_id, subject, min(at) FROM ({_LOOKED}) AS looked
GROUP BY actor_id, organisation_id, subject, (at AT TIME ZONE 'UTC')::date
"""  # noqa: S608 - our own words  # nosec B608


def _no_relationship(window: Window, _setting: RuleSetting) -> int:
    """Looks of people whose organisation has nothing to do with the patient, as far as we know.

    The trail has pseudonyms alone: they are computed for all patients until those in question are
    found, so that the key never goes into a query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_LOOKS, {"after": window.after, "to": window.to, **_MEANT})
        looks = cursor.fetchall()
    people = _patients_of({subject for _, _, _, subject, _ in looks})
    known = [(*look, people[look[3]]) for look in looks if look[3] in people]
    if not known:
        return 0
    ids, actors, places, subjects, times, patients = map(list, zip(*known, strict=True))
    return _run(
        _UNRELATED, window, rule=Rule.NO_RELATIONSHIP.value, ids=ids, actors=actors,
        places=places, subjects=subjects, patients=patients, times=times,
    )  # fmt: skip


def _patients_of(subjects: Iterable[UUID]) -> dict[UUID, UUID]:
    wanted, found = set(subjects), dict[UUID, UUID]()
    if not wanted:
        return found
    newest = Patient.objects.order_by("-created_at").values_list("pk", flat=True)
    for patient_id in newest.iterator():
        name = pseudonym(patient_id)
        if name in wanted:
            found[name] = patient_id
            if len(found) == len(wanted):
                break
    return found


_RULES: dict[Rule, Callable[[Window, RuleSetting], int]] = {
    Rule.AFTER_HOURS: _after_hours,
    Rule.NO_RELATIONSHIP: _no_relationship,
    Rule.MANY_PATIENTS: _many_patients,
    Rule.BREAK_GLASS: _break_glass,
}

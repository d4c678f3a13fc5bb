"""Random grants, denials, endings and carers against a small model: every path gives its answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from accounts.models import Organisation, Role, User
from accounts.viewer import Viewer, viewer_for
from core.acting import acting_as
from core.errors import NotFound
from records.access import patients_visible_to, versions_visible_to
from records.models import Consent, Delegation, EffectiveAccess, EmergencyAccess, Patient, Scope
from records.provisions import DENY, PERMIT, Provision
from records.search.query import parsed
from records.search.running import Finder
from records.selectors import chart_of, version_for
from records.services.consents import consent_grant, consent_revoke
from records.services.delegations import carer_offer, delegation_accept, delegation_end
from records.services.emergencies import emergency_end, emergency_open
from records.services.people import patient_link
from tests.factories.people import OrganisationFactory, UserFactory, clinician, member, with_address
from tests.factories.records import Json, imported, organization, patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry", "clean_cache")]
ICD = "http://hl7.org/fhir/sid/icd-10"
DAYS = [datetime(year, 1, 1, tzinfo=UTC) for year in (2012, 2016, 2020)]


# -- the model -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """What the model knows of a resource; a moment is a year's end."""

    id: str
    patient: UUID
    type: str
    code: str = ""
    about: str = ""
    year: int = 0
    author: UUID | None = None

    def fits(self, said: Provision) -> bool:
        moment = datetime(self.year, 6, 1, tzinfo=UTC) if self.year else None
        unsure = said.effect == DENY and self.type != "Patient"
        return (
            ("*" in said.types or self.type in said.types)
            and (not said.codes or f"{ICD}|{self.code}" in said.codes)
            and (not said.labels or self.about in said.labels)
            and (not said.data_from or (moment >= said.data_from if moment else unsure))
            and (not said.data_until or (moment < said.data_until if moment else unsure))
        )


@dataclass
class Model:
    """Who was told what, and the answer."""

    grants: dict[UUID, tuple[UUID, UUID, tuple[Provision, ...]]] = field(default_factory=dict)
    standing: set[tuple[UUID, UUID]] = field(default_factory=set)  # user, patient

    def reached(self, viewer: Viewer, patient: UUID) -> Iterator[Provision]:
        places = [o.pk for o in viewer.places]
        for whose, grantee, rules in self.grants.values():
            for said in rules:
                serves = viewer.actor.purpose in said.purposes or not said.purposes
                plays = not said.role or (said.role in viewer.roles and grantee in places)
                if whose == patient and grantee in (viewer.user.pk, *places) and serves and plays:
                    yield said

    def sees(self, viewer: Viewer, entry: Entry) -> bool:
        if (viewer.user.pk, entry.patient) in self.standing:
            return True
        if entry.author in [o.pk for o in viewer.places]:
            return True
        effects = {r.effect for r in self.reached(viewer, entry.patient) if entry.fits(r)}
        return effects == {PERMIT}

    def knows(self, viewer: Viewer, patient: UUID, entries: list[Entry]) -> bool:
        """Whether the patient is found: written about, or let see something by who denies not all."""
        rules = list(self.reached(viewer, patient))
        permits = any(r.effect == PERMIT for r in rules)
        denied = any(r.effect == DENY and r.whole for r in rules)
        places = [o.pk for o in viewer.places]
        own = (viewer.user.pk, patient) in self.standing
        wrote = any(e.author in places for e in entries if e.patient == patient and e.author)
        return own or wrote or (permits and not denied)


# -- the world -------------------------------------------------------------------------------------


class World:
    """Two people with six entries each, and seven who might look."""

    def __init__(self) -> None:
        self.hospital: Organisation = OrganisationFactory()
        self.clinic: Organisation = OrganisationFactory()
        imported(organization(self.hospital.pk))
        self.entries: list[Entry] = []
        self.owners: list[tuple[Viewer, Patient]] = []
        for _ in range(2):
            self._person()
        self.helper = with_address(viewer_for(UserFactory()))
        self.others = [
            clinician(self.hospital), member(Role.NURSE, self.hospital), clinician(self.clinic),
            member(Role.PAYER, self.clinic), viewer_for(UserFactory()),
        ]  # fmt: skip
        self.lookers = [*(owner for owner, _row in self.owners), self.helper, *self.others]
        self.grantees: list[User | Organisation] = [self.hospital, self.clinic]
        self.grantees += [viewer.user for viewer in self.others]

    def _person(self) -> None:
        about = patient()
        id = UUID(about["id"])
        facts = [
            Entry(str(uuid4()), id, "Condition", "F32.1", "PSY", 2010),
            Entry(str(uuid4()), id, "Condition", "E11.9", "", 2014),
            Entry(str(uuid4()), id, "Condition", "B20", "HIV"),
            Entry(str(uuid4()), id, "Observation", "E11.9", "", 2018),
            Entry(str(uuid4()), id, "Observation", "F20", "PSY", 2022, self.hospital.pk),
        ]
        imported(about, *(self._resource(fact) for fact in facts))
        self.entries += [Entry(about["id"], id, "Patient"), *facts]
        row, account = Patient.objects.get(pk=id), UserFactory()
        self.owners.append((viewer_for(account), patient_link(patient=row, account=account)))

    def _resource(self, fact: Entry) -> Json:
        made: dict[str, Any] = {
            "resourceType": fact.type,
            "id": fact.id,
            "code": {"coding": [{"system": ICD, "code": fact.code}]},
            "subject": {"reference": f"urn:uuid:{fact.patient}"},
        }
        when = "onsetDateTime" if fact.type == "Condition" else "effectiveDateTime"
        made |= {when: f"{fact.year}-06-01"} if fact.year else {}
        made |= {"status": "final"} if fact.type == "Observation" else {}
        if fact.author:
            made["performer"] = [{"reference": f"Organization/{fact.author}"}]
        return made


def provisions() -> st.SearchStrategy[Provision]:
    def ordered(said: Provision) -> bool:
        return not (said.data_from and said.data_until) or said.data_from < said.data_until

    limits: st.SearchStrategy[dict[str, Any]] = st.one_of(
        st.just({}),
        st.just({"labels": ("PSY",)}),
        st.just({"labels": ("HIV", "PSY")}),
        st.sampled_from(["E11.9", "F20"]).map(lambda code: {"codes": (f"{ICD}|{code}",)}),
    )
    readers: st.SearchStrategy[dict[str, Any]] = st.one_of(
        st.just({}),
        st.sampled_from(["treatment", "payment"]).map(lambda purpose: {"purposes": (purpose,)}),
        st.sampled_from(["nurse", "clinician"]).map(lambda role: {"role": role}),
    )
    return st.builds(
        lambda effect, types, begin, end, limit, reader: Provision(
            effect, types, data_from=begin, data_until=end, **limit, **reader
        ),
        st.sampled_from([PERMIT, PERMIT, DENY]),
        st.sampled_from([("*",), ("*",), ("Condition",), ("Observation", "Patient")]),
        st.none() | st.sampled_from(DAYS),
        st.none() | st.sampled_from(DAYS),
        limits,
        readers,
    ).filter(ordered)


class Consents(RuleBasedStateMachine):
    """What people do, and what everybody then sees."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.savepoint = transaction.savepoint()
        cache.clear()  # how many emergencies somebody may open
        self.model = Model(standing={(o.user.pk, row.pk) for o, row in self.world.owners})

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            for viewer in self.world.lookers:
                self._agree(viewer)
            transaction.savepoint_rollback(self.savepoint)

    # -- what people do ----------------------------------------------------------------------------

    @rule(
        data=st.data(),
        whose=st.integers(0, 1),
        rules=st.lists(provisions(), min_size=1, max_size=3),
    )
    def grant(self, data: st.DataObject, whose: int, rules: list[Provision]) -> None:
        owner, row = self.world.owners[whose]
        grantee = data.draw(st.sampled_from(self.world.grantees))
        if isinstance(grantee, User):
            rules = [said for said in rules if not said.role] or [Provision()]
        consent = consent_grant(
            patient=row, grantee=grantee, scope=Scope.CHOSEN, by=owner, provisions=tuple(rules),
            last_day=timezone.now().date() + timedelta(days=3),
        )  # fmt: skip
        self.model.grants[consent.pk] = (row.pk, grantee.pk, tuple(rules))

    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        if not self.model.grants:
            return
        pk = data.draw(st.sampled_from(list(self.model.grants)))
        consent = Consent.objects.get(pk=pk)
        owner = next(o for o, row in self.world.owners if row.pk == consent.patient_id)
        consent_revoke(consent=consent, by=owner)
        del self.model.grants[pk]

    @rule(data=st.data())
    def run_out(self, data: st.DataObject) -> None:
        if not self.model.grants:
            return
        pk = data.draw(st.sampled_from(list(self.model.grants)))
        Consent.objects.filter(pk=pk).update(ends_at=timezone.now())
        EffectiveAccess.objects.filter(consent=pk).update(ends_at=timezone.now())
        del self.model.grants[pk]

    @rule(whose=st.integers(0, 1))
    def ask_for_help(self, whose: int) -> None:
        owner, row = self.world.owners[whose]
        helper = self.world.helper
        if (helper.user.pk, row.pk) in self.model.standing:
            standing = Delegation.objects.get(patient=row, delegate=helper.user, state="active")
            delegation_end(delegation=standing, by=owner)
            self.model.standing.remove((helper.user.pk, row.pk))
            return
        offer = carer_offer(
            patient=row, email=helper.user.email, may_share=False, by=owner,
            last_day=timezone.now().date() + timedelta(days=3),
        )  # fmt: skip
        delegation_accept(delegation=offer, by=helper)
        self.model.standing.add((helper.user.pk, row.pk))

    @rule(whose=st.integers(0, 1), who=st.integers(0, 2))
    def emergency(self, whose: int, who: int) -> None:
        """Opened, and at the next time closed again."""
        viewer, row = self.world.others[who], self.world.owners[whose][1]
        key = (viewer.user.pk, row.pk)
        if opened := EmergencyAccess.objects.filter(by=viewer.user, patient=row, ended_at=None):
            emergency_end(emergency=opened.get(), by=viewer)
            self.model.standing.remove(key)
        else:
            emergency_open(identifier=str(row.pk), reason="Unconscious", by=viewer)
            self.model.standing.add(key)

    # -- what everybody sees -----------------------------------------------------------------------

    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        self._agree(data.draw(st.sampled_from(self.world.lookers)))

    def _agree(self, viewer: Viewer) -> None:
        visible = {e.id for e in self.world.entries if self.model.sees(viewer, e)}
        patients = {row.pk for _owner, row in self.world.owners}
        known = {id for id in patients if self.model.knows(viewer, id, self.world.entries)}
        assert self._listed(viewer, patients) == visible
        assert self._locked(viewer, patients) == (visible, known)
        found = patients_visible_to(viewer).values_list("pk", flat=True)
        assert set(found) & patients == known
        charts = {o.version.fhir_id for id in patients for o in chart_of(viewer, id)}
        assert charts == visible
        for entry in self.world.entries:
            for number in (None, 1):
                assert self._opens(viewer, entry, number) == (entry.id in visible)
        self._search(viewer, visible)

    def _listed(self, viewer: Viewer, patients: set[UUID]) -> set[str]:
        rows = versions_visible_to(viewer).filter(patient__in=patients)
        found = list(rows.values_list("fhir_id", flat=True))
        assert rows.count() == len(found)
        return set(found)

    def _locked(self, viewer: Viewer, patients: set[UUID]) -> tuple[set[str], set[UUID]]:
        """With no filter at all: the database alone."""
        ids = list(patients)
        with acting_as(viewer.acting), connection.cursor() as cursor:
            cursor.execute("SELECT fhir_id FROM records_version WHERE patient_id = ANY(%s)", [ids])
            versions = {row[0] for row in cursor.fetchall()}
            cursor.execute("SELECT id FROM records_patient WHERE id = ANY(%s)", [ids])
            return versions, {row[0] for row in cursor.fetchall()}

    def _opens(self, viewer: Viewer, entry: Entry, number: int | None) -> bool:
        try:
            return version_for(viewer, entry.type, entry.id, number).version.fhir_id == entry.id
        except NotFound:
            return False

    def _search(self, viewer: Viewer, visible: set[str]) -> None:
        """Pages of one, their total, the count alone, includes, and probing by `_has`."""
        seen = [e for e in self.world.entries if e.id in visible]
        finder = Finder(viewer, "https://salus.example/fhir/")
        for type in ("Patient", "Condition", "Observation"):
            expected = {e.id for e in seen if e.type == type}
            page = finder.first(parsed(type, [("_count", "1")], strict=True))
            total, found = page.total, [o.version.fhir_id for o in page.matches]
            while page.cursor:
                page = finder.next(page.cursor)
                found += [o.version.fhir_id for o in page.matches]
            assert (set(found), total, len(found)) == (expected, len(expected), len(expected))
            assert finder.count(parsed(type, [], strict=True)) == len(expected)
        with_subject = [("code", "E11.9"), ("_include", "Observation:subject")]
        page = finder.first(parsed("Observation", with_subject, strict=True))
        of = {str(e.patient) for e in seen if e.type == "Observation" and e.code == "E11.9"}
        assert {o.version.fhir_id for o in page.included} == of & visible
        probed = parsed("Patient", [("_has:Condition:subject:code", "F32.1")], strict=True)
        ill = {str(e.patient) for e in seen if e.code == "F32.1"} & visible
        page = finder.first(probed)
        assert ({o.version.fhir_id for o in page.matches}, page.total) == (ill, len(ill))


def test_every_path_gives_the_model_s_answer():
    world = World()
    machine = type("Machine", (Consents,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=10, deadline=None,
            suppress_health_check=list(HealthCheck), derandomize=True,
        ),
    )  # fmt: skip

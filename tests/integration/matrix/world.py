"""Two mirrored halves of a world: all visitors belong to OURS, nobody of them has to do with THEIRS.

Each half has one of every kind of thing that an address can name, and each thing the words that a
page about it would show. What is not there at all is a well-formed name of nothing.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import signing
from django.test.client import ClientHandler
from django.utils import timezone

from accounts.corrections import correction_ask
from accounts.models import Membership, Organisation, Recovery, Role, User, Wallet
from accounts.recovery import _digest as link_digest
from accounts.recovery import recovery_ask
from accounts.services.members import invitation_token, member_invite
from accounts.tokens import machine_token_issue, machine_tokens_for, token_issue
from accounts.viewer import Viewer, viewer_for
from chain.models import Kind
from chain.services import Item, commit
from core import audit
from core.keys import Owner, sealer_for
from core.models import AuditEvent
from oversight.models import AuditSeal, Finding, Rule
from oversight.services.cases import case_open
from oversight.services.sealing import seal_path
from records.models import Patient, Scope, Version
from records.services.consents import consent_grant
from records.services.delegations import carer_offer, delegation_accept, guardian_offer
from records.services.emergencies import emergency_open
from records.services.erasure import erasure_ask
from records.services.merging import merge_propose
from records.services.people import patient_link
from records.services.store import NewResource, create
from supply.models import EpcisEvent, Shipment
from supply.recording import shipment_record
from supply.services import shipment_check, shipment_confirm
from tests.factories.chain import RegistryFactory
from tests.factories.ledger import make_batches, make_job, make_log
from tests.factories.people import SalusClient, UserFactory, add_passkey, enrol, mark_proven
from tests.factories.records import Json, observation, written_by
from tests.factories.registering import registered
from tests.factories.signing import SoftWallet
from tests.factories.supply import ProductFactory, csv_of, gln_of, gtin_of, row

Args = tuple[Any, ...]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"

# What overseers, who see whatever people do in their offices, do not learn either.
OF_PATIENTS = (
    "patient", "unclaimed", "entry", "merge", "delegation", "offer", "emergency", "wallet", "passkey",
    "token", "correction",
)  # fmt: skip

# Who acts for which organisation of their half; the others act for themselves.
AT_HOSPITAL = (Role.CLINICIAN, Role.NURSE, Role.REGISTRAR, Role.BILLER, Role.MANAGER)
MEMBERS = dict.fromkeys(AT_HOSPITAL, "hospital") | {
    Role.PAYER: "insurer", Role.PHARMA: "maker", Role.RESEARCHER: "institute",
}  # fmt: skip
ALONE = {
    "patient": Role.PATIENT, "carer": Role.PATIENT, "donor": Role.DONOR,
    "auditor": Role.AUDITOR, "administrator": Role.ADMINISTRATOR,
}  # fmt: skip
ANONYMOUS = "anonymous"
VISITORS = (
    ANONYMOUS, "patient", "carer", "donor", *(role.value for role in MEMBERS), "auditor",
    "administrator",
)  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """What an address names by these arguments, and the words that only its own people may read."""

    args: Args
    words: tuple[str, ...] = ()
    none: Args = ()  # a name of nothing, where it can't be made from the arguments

    @property
    def nowhere(self) -> Args:
        """The same kind of name, of nothing."""
        return self.none or tuple(map(_nothing, self.args))


def _nothing(arg: Any) -> Any:
    """As well-formed as the argument; short words (a resource's type, an action) stay."""
    if isinstance(arg, UUID):
        return uuid4()
    if isinstance(arg, int):
        return 999_999_999
    try:
        return str(UUID(arg)) and str(uuid4())
    except ValueError:
        return arg if len(arg) < 20 else "x" * len(arg)


@dataclass
class Half:
    """Organisations, people and things that belong together."""

    mark: str  # stands in all of its words, and nowhere else
    number: int
    people: dict[str, User] = field(default_factory=dict)
    things: dict[str, Thing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """In the order in which one needs the other."""
        self._organisations()
        self._people()
        self._record()
        self._registry()
        self._account()
        self._programs()
        self._colleagues()
        self._goods()
        self._oversight()

    def viewer(self, who: str) -> Viewer:
        """Somebody of this half, as services see them."""
        return viewer_for(self.people[who])

    @cached_property
    def words(self) -> set[str]:
        """All that is no stranger's business, and what people and organisations are called."""
        people = {text for user in self.people.values() for text in (user.name, user.email)}
        return people | {place.name for place in self.places.values()} | self.secrets

    @cached_property
    def secrets(self) -> set[str]:
        """What only its own people may read; the directory says who works where."""
        return {word for thing in self.things.values() for word in thing.words}

    @cached_property
    def of_patients(self) -> set[str]:
        """What is said of patients, which overseers do not read either."""
        return {word for kind in OF_PATIENTS for word in self.things[kind].words}

    def word(self, what: str) -> str:
        """A word of this half's own."""
        return f"{what}-{self.mark}"

    def email(self, who: str) -> str:
        """An address of this half's own."""
        return f"{who}@{self.mark}.example"

    def _organisations(self) -> None:
        kinds = Organisation.Kind
        self.places: dict[str, Organisation] = {
            name: Organisation.objects.create(
                name=self.word(name), kind=kind, gln=gln_of(900 + 10 * self.number + place),
                verification=Organisation.Verification.VERIFIED,
            )
            for place, (name, kind) in enumerate({
                "hospital": kinds.HOSPITAL, "insurer": kinds.INSURER, "maker": kinds.MANUFACTURER,
                "institute": kinds.RESEARCH, "pharmacy": kinds.PHARMACY,
            }.items())
        }  # fmt: skip
        hospital = self.places["hospital"]
        # Not checked yet: nobody finds it but its own people.
        Organisation.objects.filter(pk=self.places["maker"].pk).update(verification="new")
        self.things["organisation"] = Thing((hospital.pk,))
        self.things["unchecked"] = Thing((self.places["maker"].pk,), (self.word("maker"),))

    def _person(self, who: str, own_role: str = "", **more: Any) -> User:
        user = UserFactory(
            email=self.email(who), name=self.word(who.title()), own_role=own_role, **more
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        self.people[who] = user
        return user

    def _member(self, who: str, place: str, role: Role) -> Membership:
        user = enrol(self._person(who))
        return Membership.objects.create(user=user, organisation=self.places[place], role=role)

    def _people(self) -> None:
        for name, role in ALONE.items():
            staff = role == Role.ADMINISTRATOR
            self._person(name, role, is_staff=staff, is_superuser=staff)
        for role, place in MEMBERS.items():
            self._member(role.value, place, role)

    # -- the record, and who may see it ------------------------------------------------------------

    def _patient(self, name: str, born: date) -> Patient:
        return registered(
            self.viewer("registrar"), family=self.word(name), given=self.word("Given"), born=born,
            line=self.word("Street"), city=self.word("City"), phone="", email=self.email(name),
            identifier=self.word("Number"),
        )  # fmt: skip

    def _record(self) -> None:
        self.patient = self._patient("Kin", date(1980, 2, 28 + self.number % 2))
        patient_link(patient=self.patient, account=self.people["patient"])
        self.patient.refresh_from_db()
        told = [self.word(w) for w in ("Kin", "Given", "Street", "City", "Number")]
        about = (*told, self.email("Kin"))
        weight = self._write(observation(
            {"id": str(self.patient.pk)}, code={"text": self.word("Weight")},
            subject={"reference": f"Patient/{self.patient.pk}"},
        ))  # fmt: skip
        words = (self.word("Weight"),)
        named = ("Observation", weight.fhir_id)
        self.things |= {
            "patient": Thing((self.patient.pk,), about),
            "entry": Thing((self.patient.pk, *named), words),
            "resource": Thing(named, words),
            "resource that is written": Thing(named, words),
            "resource that is deleted": Thing(named, words),
            "version": Thing((*named, 1), words),
            "record proof": Thing((weight.commitment_id,), words),
        }
        self._share()

    def _write(self, resource: Json) -> Version:
        """An entry that the hospital wrote."""
        hospital = self.places["hospital"].pk
        new = NewResource(resource | written_by(hospital), self.patient.pk, hospital)
        return create([new], at=timezone.now())[0]

    def _share(self) -> None:
        by, until = self.viewer("patient"), timezone.now().date() + timedelta(days=30)
        consents = [
            consent_grant(
                patient=self.patient, grantee=self.places[place], scope=Scope.EVERYTHING,
                last_day=until, by=by,
            )
            for place in ("insurer", "institute")
        ]  # fmt: skip
        offer = carer_offer(
            patient=self.patient, email=self.email("carer"), last_day=until, may_share=True, by=by
        )
        delegation = delegation_accept(delegation=offer, by=self.viewer("carer"))
        statement = consents[0].statements.get()
        self.things |= {
            "consent": Thing((consents[0].pk,)),
            "consent proof": Thing((statement.entry.commitment_id,)),
            "delegation": Thing((delegation.pk,), (self.email("carer"), self.word("Carer"))),
        }

    # -- the registrar's desk ----------------------------------------------------------------------

    def _registry(self) -> None:
        other = self._patient("Double", date(1961, 7, 1 + self.number))
        registrar = self.viewer("registrar")
        merge = merge_propose(
            retired=other.pk, survivor=self.patient.pk, reason=self.word("Reason"), by=registrar
        )
        offer = guardian_offer(
            patient=other, email=self.email("carer"), kind="guardian", by=registrar,
            last_day=timezone.now().date() + timedelta(days=30), may_share=False,
            reason=self.word("Court"),
        )  # fmt: skip
        # Of whom the hospital wrote anyway: it opens nothing more.
        opened = emergency_open(
            identifier=str(other.pk), reason=self.word("Unconscious"), by=self.viewer("clinician")
        )
        self.things |= {
            "emergency": Thing((opened.pk,), (self.word("Unconscious"),)),
            "merge": Thing((merge.pk,), (self.word("Double"), self.word("Reason"))),
            "merge refused": Thing((merge.pk, "refuse"), (self.word("Double"),)),
            "offer": Thing((offer.pk,), (self.email("carer"), self.word("Court"))),
            "unclaimed": Thing((other.pk,), (self.word("Double"), self.email("Double"))),
        }

    # -- what belongs to a person ------------------------------------------------------------------

    def _account(self) -> None:
        user = self.people["patient"]
        user.set_password("a long password of a test")
        user.save()
        soft = SoftWallet()
        wallet = Wallet.objects.create(
            user=user, address=bytes.fromhex(soft.address[2:]), kind=Wallet.Kind.ACCOUNT,
            name=self.word("Purse"),
        )  # fmt: skip
        add_passkey(user)
        passkey = Authenticator.objects.get(user=user, type=Authenticator.Type.WEBAUTHN)
        passkey.data["name"] = self.word("Key")
        passkey.save()
        elsewhere = SalusClient(HTTP_USER_AGENT=AGENT)
        elsewhere.force_login(user, second_factor=False)
        session = UserSession.objects.get(session_key=elsewhere.session.session_key)
        self.things |= {
            "wallet": Thing((wallet.pk,), (self.word("Purse"), soft.address)),
            "passkey": Thing((passkey.pk,), (self.word("Key"),)),
            "session": Thing((session.pk,)),
            "place": Thing((self.places["hospital"].pk,)),
        }

    def _programs(self) -> None:
        """Tokens, a notice of one, and a wish to have something corrected."""
        user, patient, manager = (
            self.people["patient"], self.viewer("patient"), self.viewer("manager")
        )  # fmt: skip
        token_issue(user=user, by=patient.actor, name=self.word("Program"))
        machine_token_issue(
            organisation=self.places["hospital"], role=Role.NURSE, by=manager,
            name=self.word("Machine"), scopes=["account:read"],
        )  # fmt: skip
        notice = user.notices.get(type="token-issued")
        wish = correction_ask(
            organisation=self.places["hospital"], wish=self.word("Wish"), by=patient
        )
        self.things |= {
            "token": Thing((user.api_tokens.get().pk,), (self.word("Program"),)),
            "machine token": Thing(
                (machine_tokens_for(manager).get().pk,), (self.word("Machine"),)
            ),
            "notice": Thing((notice.pk,)),
            "correction": Thing((wish.pk,), (self.word("Wish"),)),
            "erasure": Thing((erasure_ask(by=patient).pk,)),
        }

    # -- colleagues --------------------------------------------------------------------------------

    def _colleagues(self) -> None:
        """People of the hospital who never sign in here: that would end their recovery."""
        colleague = self._member("colleague", "hospital", Role.BILLER)
        waiting = recovery_ask(user=colleague.user)
        forgetful = self._member("forgetful", "hospital", Role.BILLER)
        token, now = f"{self.mark}{uuid4().hex}", timezone.now()
        ready = Recovery.objects.create(
            user=forgetful.user, state=Recovery.State.READY, ready_at=now, noticed_at=now,
            link_digest=link_digest(token), link_sent_at=now,
        )  # fmt: skip
        stop = signing.dumps(str(ready.pk), salt="recovery-stop")
        invitation = member_invite(
            organisation=self.places["hospital"], email=self.email("invited"), role=Role.NURSE,
            user=self.people["manager"], by=self.viewer("manager").actor,
        )  # fmt: skip
        known = (self.word("Colleague"), self.email("colleague"))
        invited = (self.email("invited"),)
        self.things |= {
            "member": Thing((colleague.pk,), known),
            "recovery": Thing((waiting.pk,), known),
            "stop link": Thing((stop,), (self.word("Forgetful"), self.email("forgetful"))),
            "recovery link": Thing((token,), (self.word("Forgetful"), self.email("forgetful"))),
            "invitation": Thing((invitation.pk,), invited),
            "invitation link": Thing((invitation.pk, invitation_token(invitation.pk)), invited),
        }

    # -- goods -------------------------------------------------------------------------------------

    def _goods(self) -> None:
        maker, pharma = self.places["maker"], self.viewer("pharma")
        product = ProductFactory(
            manufacturer=maker, name=self.word("Tablets"), gtin=gtin_of(900 + self.number)
        )
        draft, sent = (self._shipment(product, n) for n in (1, 2))
        shipment_confirm(shipment=sent, by=pharma)
        shipment_record(shipment_id=sent.pk)
        event = EpcisEvent.objects.filter(shipment=sent, kind=EpcisEvent.Kind.SHIPPING).get()
        words = (self.word("L"), self.word("Tablets"))
        self.things |= {
            "shipment": Thing((draft.pk,), words),
            "recorded shipment": Thing((sent.pk,), words),
            "supply proof": Thing((event.commitment_id,), words),
        }

    def _shipment(self, product: Any, number: int) -> Shipment:
        line = row(product, self.places["pharmacy"].gln, f"S{number}", lot=self.word("L"))
        return shipment_check(data=csv_of(line), by=self.viewer("pharma"))

    # -- oversight ---------------------------------------------------------------------------------

    def _oversight(self) -> None:
        biller = self.viewer("biller")
        with audit.origin("192.0.2.0"):
            audit.record(
                audit.Name.RECORD_READ, by=biller.actor, subject=self.patient.pk, count=1,
                target=self.word("Weight"),
            )  # fmt: skip
        event = AuditEvent.objects.order_by("-pk").first()
        assert event
        case = case_open(events=[event], text=self.word("Why"), by=self.viewer("patient"))
        finding = Finding.objects.create(
            rule=Rule.NO_RELATIONSHIP, key=self.word("key"), event=event,
            actor_id=biller.user.pk, at=event.at,
        )  # fmt: skip
        self.things |= {
            "reader": Thing((event.pk,), (self.word("Weight"),)),
            "event": Thing((event.request,), (self.word("Weight"),)),
            "case": Thing((case.pk,), (self.word("Why"),)),
            "finding": Thing((finding.pk,), (self.word("Biller"),)),
        }


class Browser(SalusClient):
    """Asks and forgets: no cookie is taken, and nobody looks into the templates, which takes long."""

    def request(self, **request: Any) -> Any:
        """Straight to the application."""
        return self.handler(self._base_environ(**request))


@dataclass(frozen=True)
class Visitor:
    """Somebody of OURS with a browser, and a token for the interfaces of programs."""

    name: str
    client: Browser
    token: str = ""
    knows: frozenset[str] = frozenset()  # the head of each page says it: name and organisation


def _seal() -> AuditSeal:
    """A seal of the trail; it covers nothing, since nothing here is ever committed."""
    item = Item(Kind.AUDIT, seal_path(10**6), b"{}")
    [commitment] = commit([item], sealer=sealer_for(Owner.portal()))
    return AuditSeal.objects.create(
        number=10**6, at=timezone.now(), document=item.document, hash=b"\1" * 32, count=0,
        last_id=1, xmin=1, xmax=1, done_to=1, commitment=commitment,
    )  # fmt: skip


def _confirm(client: SalusClient) -> None:
    """As if they had just confirmed who they are, and for as long as the tests take."""
    session = client.session
    [record] = session[AUTHENTICATION_METHODS_SESSION_KEY]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        record | {"reauthenticated": True, "at": time.time() + 3600}
    ]
    session.save()


class World:
    """Both halves, what belongs to nobody, and everybody who visits."""

    def __init__(self) -> None:
        RegistryFactory()
        log = make_log()
        make_batches(log, 1)
        self.ours, self.theirs = Half("hazelwood", 1), Half("brackenridge", 2)
        # The organisation that runs the portal, so that what its manager alone may do has somebody.
        Organisation.objects.filter(pk=self.ours.places["hospital"].pk).update(home=True)
        self.common = dict(self._common())
        self.handler = ClientHandler(enforce_csrf_checks=False)
        self.visitors = {name: self._visitor(name) for name in VISITORS}

    def _common(self) -> Iterator[tuple[str, Thing]]:
        """What is nobody's own: it is there, or not."""
        yield "batch", Thing((1,))
        yield "transaction", Thing((make_job().pk,))
        yield "rule", Thing((Rule.AFTER_HOURS.value,), none=("no-such-rule",))
        yield "copy", Thing(("csv",), none=("xml",))
        yield "seal proof", Thing((_seal().commitment_id,))
        yield "notice type", Thing(("token-issued",), none=("no-such-type",))
        yield "type", Thing(("Observation",), none=("Nothing",))
        yield "rest", Thing(("nothing/there",), none=("nothing/at/all/here",))

    def _visitor(self, name: str) -> Visitor:
        client = Browser()
        client.handler = self.handler  # one for all: making one takes long
        if name == ANONYMOUS:
            return Visitor(name, client)
        user = enrol(self.ours.people[name])
        client.force_login(user)
        mark_proven(client, user)
        _confirm(client)
        viewer = viewer_for(user)
        token = token_issue(user=user, by=audit.Actor.system("test"))
        user.api_tokens.update(last_used_at=timezone.now())  # else each request would note it
        place = {viewer.organisation.name} if viewer.organisation else set()
        return Visitor(name, client, token, frozenset({user.name, user.email, *place}))

    def own(self, kind: str) -> Thing:
        """OURS of a kind, or the one that is nobody's own."""
        return self.ours.things.get(kind) or self.common[kind]

    def foreign(self, kind: str) -> Thing | None:
        """THEIRS; None of what is nobody's own."""
        return self.theirs.things.get(kind)

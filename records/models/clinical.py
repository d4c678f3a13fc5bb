"""The clinical store: encrypted versions, consents, and the one relation that decides access."""

import uuid
from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from chain.models import Commitment, RegistryEntry
from records.fhir.resources import DIRECTORY_TYPES

ANY_TYPE = "*"
NEVER = datetime(9999, 12, 31, tzinfo=UTC)  # when one's own access ends


class Patient(models.Model):
    """A person with a record; the id is that of their FHIR Patient."""

    id = models.UUIDField(primary_key=True, editable=False)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="patient"
    )
    # Another record of the same person, in whose chart this one's entries stand while it is merged:
    # the last of them, where that one was merged in turn.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    @cached_property
    def with_merged(self) -> list[uuid.UUID]:
        """The record itself and those merged into it, as of when this is first asked."""
        return [self.pk, *self.merged.values_list("pk", flat=True)]


class Record(models.Model):
    """A FHIR resource through all its versions."""

    type = models.CharField(max_length=40)
    fhir_id = models.CharField(max_length=64)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, related_name="records"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["type", "fhir_id"], name="record_unique"),
            # Without a patient a record is open to all who sign in: only the directory may be so.
            models.CheckConstraint(
                name="record_has_patient_unless_directory",
                condition=models.Q(patient__isnull=False)
                | models.Q(type__in=sorted(DIRECTORY_TYPES)),
            ),
        ]
        indexes = [models.Index(fields=["patient", "type"], name="record_by_patient")]

    def __str__(self) -> str:
        return f"{self.type}/{self.fhir_id}"


INDEX_COLUMNS = ("tokens", "range_keys", "range_lows", "range_highs")


class VersionManager(models.Manager["Version"]):
    """Leaves in the database what is there to find by: nobody reads it, and it is long."""

    def get_queryset(self) -> models.QuerySet["Version"]:
        """All versions, without the columns of the index."""
        return super().get_queryset().defer(*INDEX_COLUMNS)


class Version(models.Model):
    """One version of a record: its canonical bytes, sealed, and their commitment."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="versions")
    # As the record has them: a version is found, and who may see it is decided, without a join.
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+")
    type = models.CharField(max_length=40)
    fhir_id = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    current = models.BooleanField(default=True)
    # Organisations, by id: who wrote it, and who brought it here and answers for it.
    author_id = models.UUIDField(null=True)
    custodian_id = models.UUIDField(null=True)
    sealed = models.BinaryField()
    commitment = models.OneToOneField(Commitment, on_delete=models.PROTECT, related_name="version")
    created_at = models.DateTimeField()
    # It says no more than that the resource was deleted; then no version is current.
    deleted = models.BooleanField(default=False)
    # The index, as `records/search/entries.py` makes it: keyed hashes, and ranges under keyed hashes.
    index_version = models.PositiveSmallIntegerField(default=0)
    handle = models.BigIntegerField(default=0)
    tokens = ArrayField(models.BigIntegerField(), default=list)
    range_keys = ArrayField(models.BigIntegerField(), default=list)
    range_lows = ArrayField(models.FloatField(), default=list)
    range_highs = ArrayField(models.FloatField(), default=list)
    # When what it tells of happened, as far as it says so.
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = VersionManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["type", "fhir_id", "number"], name="version_unique"),
            models.UniqueConstraint(
                fields=["type", "fhir_id"],
                name="version_one_current",
                condition=models.Q(current=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["patient", "type"],
                name="version_current",
                condition=models.Q(current=True),
            ),
            GinIndex(
                fields=["tokens"],
                name="version_tokens",
                condition=models.Q(current=True),
            ),
            models.Index(
                fields=["type", "-created_at", "-id"],
                name="version_newest",
                condition=models.Q(current=True),
            ),
            models.Index(fields=["index_version"], name="version_by_index_version"),
            models.Index(fields=["author_id"], name="version_by_author"),
            models.Index(fields=["custodian_id"], name="version_by_custodian"),
        ]

    @property
    def reference(self) -> str:
        """The resource: `Type/id`."""
        return f"{self.type}/{self.fhir_id}"

    @property
    def path(self) -> str:
        """What stands behind the portal's id in the commitment's reference."""
        return f"{self.reference}/_history/{self.number}"


class ImportedBundle(models.Model):
    """A bundle that was imported, so that importing it again adds nothing."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    resources = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)


class Scope(models.TextChoices):
    """How much of a record a person shares."""

    EVERYTHING = "everything", _("Everything in my record")
    RESULTS = "results", _("Only measurements and test results")
    MEDICINES = "medicines", _("Only medicines, allergies and vaccinations")
    VISITS = "visits", _("Only visits and conditions")
    NOT_MENTAL = "not-mental", _("Everything but mental health")
    VISIT = "visit", _("Only one visit")
    CHOSEN = "chosen", _("What you chose in detail")


# Which resource types a scope opens, where that is all there is to it (records/provisions.py for the
# others); who you are comes with every scope.
SCOPE_TYPES: dict[str, tuple[str, ...]] = {
    Scope.EVERYTHING: (ANY_TYPE,),
    Scope.RESULTS: ("Patient", "Observation", "DiagnosticReport"),
    Scope.MEDICINES: (
        "Patient", "MedicationRequest", "MedicationStatement", "AllergyIntolerance", "Immunization",
    ),
    Scope.VISITS: ("Patient", "Encounter", "Condition", "Procedure"),
}  # fmt: skip


# What can be shared by its name alone; a visit has to be named, too.
TEMPLATES = [
    (scope.value, scope.label) for scope in Scope if scope not in (Scope.VISIT, Scope.CHOSEN)
]


class Custody(models.TextChoices):
    """Who holds the key that signed a statement."""

    OWN = "own", _("Signed by you")
    PORTAL = "portal", _("Recorded by Salus for you")


class Consent(models.Model):
    """A patient lets a person or an organisation see a part of the record until a date."""

    class Status(models.TextChoices):
        """Whether the grant stands."""

        ACTIVE = "active", _("Active")
        REVOKED = "revoked", _("Ended by you")

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.ACTIVE: frozenset({Status.REVOKED}),
        Status.REVOKED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, related_name="+"
    )
    scope = models.CharField(max_length=12, choices=Scope.choices)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    ends_at = models.DateTimeField()
    # Revealing it on the chain ends the grant there; sealed under the patient's key.
    sealed_secret = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)  # that it ends soon

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consent_one_grantee",
                condition=models.Q(user=None) ^ models.Q(organisation=None),
            ),
            models.CheckConstraint(
                name="consent_revoked_at_with_revoked",
                condition=models.Q(status="revoked") ^ models.Q(revoked_at=None),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-created_at"], name="consent_by_patient")]


class ConsentStatement(models.Model):
    """What was said and signed, word for word: the grant (number 1), and later its end (2)."""

    GRANT, END = 1, 2

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="statements")
    number = models.PositiveIntegerField()
    custody = models.CharField(max_length=6, choices=Custody.choices)
    sealed = models.BinaryField()
    # What stands for it on the chain; of a grant it also leads to the commitment.
    entry = models.OneToOneField(
        RegistryEntry, on_delete=models.PROTECT, related_name="consent_statement"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consent", "number"], name="consent_statement_unique")
        ]


class Effect(models.IntegerChoices):
    """What a row does to what it fits; of those that fit, the strongest one decides."""

    PERMIT = 1
    DENY = 2
    # One's own, a carer's, an emergency's: no denial counts against it.
    STANDING = 3


class EffectiveAccess(models.Model):
    """Who may see what of a patient's record, and what not, until when: what every gate asks.

    Kept by `records/services/effects.py` alone, for the services of consents, of people, of
    delegations and of emergencies (DESIGN section 7, ADR 12).
    """

    class Reason(models.TextChoices):
        """Why somebody may see it."""

        OWN = "own", _("It is their own record")
        CONSENT = "consent", _("The patient shares it")
        DELEGATE = "delegate", _("They care for the patient")
        EMERGENCY = "emergency", _("It was opened for an emergency")

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    # A person or an organisation, by id, or either in a role or for a purpose (core/acting.py's
    # `capacity`): one column, so that one condition finds them all.
    grantee_id = models.UUIDField()
    effect = models.PositiveSmallIntegerField(choices=Effect.choices, default=Effect.PERMIT)
    resource_type = models.CharField(max_length=40)
    # A code or a label, hashed, that the version's index must have; else any will do.
    token = models.BigIntegerField(null=True)
    # When what a version tells of happened: at least in part from, and before.
    data_from = models.DateTimeField(null=True)
    data_until = models.DateTimeField(null=True)
    # Which provision of the consent it comes from.
    provision = models.PositiveSmallIntegerField(default=0)
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=9, choices=Reason.choices)
    consent = models.ForeignKey(
        Consent, on_delete=models.CASCADE, null=True, related_name="effects"
    )
    delegation = models.ForeignKey(
        "records.Delegation", on_delete=models.CASCADE, null=True, related_name="effects"
    )
    emergency = models.ForeignKey(
        "records.EmergencyAccess", on_delete=models.CASCADE, null=True, related_name="effects"
    )
    # Of a merged record: the row of the surviving one that this one follows.
    origin = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, related_name="followers"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "consent", "patient", "provision", "grantee_id", "resource_type", "token",
                ],
                name="effective_access_once",
                nulls_distinct=False,
                condition=models.Q(reason="consent"),
            ),
            models.CheckConstraint(
                name="effective_access_standing",
                condition=models.Q(effect=Effect.STANDING) ^ models.Q(reason="consent"),
            ),
            models.UniqueConstraint(
                fields=["delegation", "patient"], name="effective_access_one_delegate"
            ),
            models.UniqueConstraint(
                fields=["patient"], name="effective_access_one_own",
                condition=models.Q(reason="own"),
            ),
            models.CheckConstraint(
                name="effective_access_of_consent",
                condition=models.Q(reason="consent") ^ models.Q(consent=None),
            ),
            models.CheckConstraint(
                name="effective_access_of_emergency",
                condition=models.Q(reason="emergency") ^ models.Q(emergency=None),
            ),
            models.CheckConstraint(
                name="effective_access_of_delegation",
                condition=models.Q(reason="delegate") ^ models.Q(delegation=None),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["grantee_id", "patient"], name="effective_access_by_grantee"),
            models.Index(fields=["patient", "grantee_id"], name="effective_access_by_patient"),
        ]

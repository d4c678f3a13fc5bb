"""Patients, merges and carers as the API shows and takes them."""

from rest_framework import serializers

from records.models import Delegation, PatientMerge
from records.people_forms import INSURANCE, NATIONAL
from records.services.sealing import LONGEST


class PatientSerializer(serializers.Serializer[object]):
    """Who a patient of your organisation is; never what is in the record."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    born = serializers.CharField(allow_blank=True)
    gender = serializers.CharField(allow_blank=True)
    place = serializers.CharField(allow_blank=True)
    has_account = serializers.BooleanField()
    code_until = serializers.DateTimeField(allow_null=True)
    merged_into = serializers.UUIDField(allow_null=True)


class NewPatientSerializer(serializers.Serializer[object]):
    """A patient to be registered; `reason` is needed where somebody looks like the same person."""

    family = serializers.CharField(max_length=100)
    given = serializers.CharField(max_length=100)
    born = serializers.DateField()
    gender = serializers.ChoiceField(["female", "male", "other", "unknown"])
    line = serializers.CharField(max_length=120, required=False)
    city = serializers.CharField(max_length=80, required=False)
    postcode = serializers.CharField(max_length=20, required=False)
    phone = serializers.RegexField(r"^[+]?[0-9 ()/.\-]{5,30}$", required=False)
    email = serializers.EmailField(required=False)
    identifier_system = serializers.ChoiceField([NATIONAL, INSURANCE], required=False)
    identifier = serializers.CharField(max_length=40, required=False)
    reason = serializers.CharField(max_length=LONGEST, required=False)


class PatientSearchSerializer(serializers.Serializer[object]):
    """Whom to look for among your own patients; posted, so that no name stands in an address."""

    name = serializers.CharField(max_length=100, required=False, help_text="the family name")
    born = serializers.DateField(required=False)


class ActivationCodeSerializer(serializers.Serializer[object]):
    """The only copy of a new code; the one before can't be used any more."""

    code = serializers.CharField()
    expires_at = serializers.DateTimeField()


class MergeSerializer(serializers.Serializer[object]):
    """Two records of one person."""

    id = serializers.UUIDField()
    retired = serializers.UUIDField(source="retired_id")
    survivor = serializers.UUIDField(source="survivor_id")
    state = serializers.ChoiceField(PatientMerge.State.choices)
    proposed_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)


class NewMergeSerializer(serializers.Serializer[object]):
    """Which record is used no more, which one stays, and how you know that they are one person's."""

    retired = serializers.UUIDField()
    survivor = serializers.UUIDField()
    reason = serializers.CharField(max_length=LONGEST)


class MergeDecisionSerializer(serializers.Serializer[object]):
    """Why a merge is undone; nothing for the other decisions."""

    reason = serializers.CharField(max_length=LONGEST, required=False)


class CarerSerializer(serializers.Serializer[object]):
    """Somebody who cares for a person, or was asked to."""

    id = serializers.UUIDField()
    patient = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Delegation.Kind.choices)
    state = serializers.ChoiceField(Delegation.State.choices)
    may_share = serializers.BooleanField()
    last_day = serializers.DateField()


class NewCarerSerializer(serializers.Serializer[object]):
    """Whom you let care for you; it counts once they accept it."""

    email = serializers.EmailField()
    last_day = serializers.DateField()
    may_share = serializers.BooleanField(default=False)

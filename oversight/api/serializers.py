"""Rows of the trail as the API gives them, and what may be searched for."""

from typing import Any

from rest_framework import serializers

from core.models import AuditEvent, Purpose


class AuditEventSerializer(serializers.Serializer[Any]):
    """A row as auditors see it: the patient by pseudonym."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    request = serializers.UUIDField(help_text="What the rows of one request have in common.")
    event = serializers.ChoiceField(AuditEvent.Name.choices)
    who = serializers.CharField(help_text="A name; of patients none.")
    organisation = serializers.CharField()
    role = serializers.CharField()
    patient = serializers.UUIDField(allow_null=True, help_text="A pseudonym.")
    count = serializers.IntegerField(allow_null=True)
    purpose = serializers.CharField()
    channel = serializers.CharField()
    network = serializers.CharField(help_text="The visitor's /24 or /48.")
    details = serializers.CharField(help_text="Only where it is about no patient.")


class SearchParameters(serializers.Serializer[Any]):
    """What narrows the list; the same as on the page."""

    person = serializers.CharField(required=False, help_text="A part of a name, or an address.")
    organisation = serializers.UUIDField(required=False)
    patient = serializers.UUIDField(required=False, help_text="A pseudonym.")
    what = serializers.ChoiceField(AuditEvent.Name.choices, required=False)
    purpose = serializers.ChoiceField(Purpose.choices, required=False)
    first_day = serializers.DateField(required=False)
    last_day = serializers.DateField(required=False)


class ReadSerializer(serializers.Serializer[Any]):
    """Somebody did something with your record."""

    id = serializers.IntegerField(source="event")
    at = serializers.DateTimeField(source="last")
    who = serializers.CharField()
    organisation = serializers.CharField(source="place")
    did = serializers.CharField(help_text="In words: looked at your results.")
    emergency = serializers.BooleanField()
    by_you = serializers.BooleanField(source="own")

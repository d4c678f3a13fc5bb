"""Grants as the API shows and takes them."""

from rest_framework import serializers

from records.models import Scope


class ConsentSerializer(serializers.Serializer[object]):
    """A grant."""

    id = serializers.UUIDField()
    grantee_type = serializers.ChoiceField(["user", "organisation"])
    grantee_id = serializers.UUIDField()
    grantee_name = serializers.CharField()
    scope = serializers.ChoiceField(Scope.choices)
    status = serializers.ChoiceField(["active", "ended"])
    last_day = serializers.DateField()
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    anchor_state = serializers.CharField()
    proof = serializers.URLField()


class NewConsentSerializer(serializers.Serializer[object]):
    """What a grant is made of."""

    grantee_type = serializers.ChoiceField(["user", "organisation"])
    grantee_id = serializers.UUIDField()
    scope = serializers.ChoiceField(Scope.choices)
    last_day = serializers.DateField()

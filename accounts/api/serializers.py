"""People, tokens and notices as the API shows them."""

from typing import Any

from rest_framework import serializers

from accounts.models import ApiToken, Role


class OrganisationSerializer(serializers.Serializer[dict[str, str]]):
    """For whom somebody acts."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()


class MembershipSerializer(serializers.Serializer[dict[str, object]]):
    """For whom somebody may act, and in which role."""

    organisation = OrganisationSerializer()
    role = serializers.ChoiceField(choices=Role.choices)
    acting = serializers.BooleanField(help_text="Whether this is what they act for now.")


class MeSerializer(serializers.Serializer[dict[str, object]]):
    """The person whose token or session it is."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    program = serializers.BooleanField(help_text="A program of an organisation, no person.")
    roles = serializers.ListField(child=serializers.CharField())
    organisation = OrganisationSerializer(allow_null=True)
    memberships = MembershipSerializer(many=True)
    scopes = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Of the token; null for a session, which may do all that the person may.",
    )
    unread_notices = serializers.IntegerField()


class NewTokenSerializer(serializers.Serializer[dict[str, object]]):
    """What a token is made of."""

    name = serializers.CharField(max_length=60)
    scopes = serializers.ListField(child=serializers.CharField(max_length=40), allow_empty=False)
    days = serializers.IntegerField(min_value=1, max_value=365, default=30)


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token; never the secret itself."""

    class Meta:
        model = ApiToken
        fields = [
            "id", "name", "kind", "scopes", "created_at", "expires_at", "last_used_at",
            "last_used_from", "revoked_at",
        ]  # fmt: skip
        read_only_fields = fields


class MadeTokenSerializer(TokenSerializer):
    """A new token, with its secret for the only time."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]
        read_only_fields = fields


class NoticeSerializer(serializers.Serializer[Any]):
    """What a person was told."""

    id = serializers.UUIDField(source="row.pk")
    type = serializers.CharField(source="row.type")
    text = serializers.CharField()
    url = serializers.CharField(help_text="The page that it is about.")
    count = serializers.IntegerField(source="row.count")
    created_at = serializers.DateTimeField(source="row.created_at")
    last_at = serializers.DateTimeField(source="row.last_at")
    read_at = serializers.DateTimeField(source="row.read_at", allow_null=True)


class ReadNoticesSerializer(serializers.Serializer[dict[str, object]]):
    """Up to when everything was seen."""

    until = serializers.DateTimeField()


class CountSerializer(serializers.Serializer[dict[str, int]]):
    """How many."""

    count = serializers.IntegerField()


class PreferenceSerializer(serializers.Serializer[Any]):
    """How a person is told of one type of notices."""

    type = serializers.CharField(source="type.key", read_only=True)
    title = serializers.CharField(source="type.label", read_only=True)
    can_be_off = serializers.BooleanField(source="type.can_be_off", read_only=True)
    in_app = serializers.BooleanField(source="wanted.in_app")
    by_mail = serializers.BooleanField(source="wanted.by_mail")

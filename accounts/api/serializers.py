"""People, organisations, wallets, tokens and notices as the API shows them."""

from typing import Any

from rest_framework import serializers

from accounts.models import ApiToken, Invitation, Membership, Organisation, Wallet
from accounts.models.people import MEMBER_ROLES

MEMBER_ROLE_CHOICES = [(role.value, role.label) for role in MEMBER_ROLES]


class OrganisationSerializer(serializers.Serializer[Organisation]):
    """An organisation as everybody may know it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Organisation.Kind.choices)
    gln = serializers.CharField(allow_blank=True, help_text="13 digits (GS1), or empty")
    npi = serializers.CharField(allow_blank=True, help_text="10 digits, or empty")
    verification = serializers.ChoiceField(Organisation.Verification.choices)


class OwnMembershipSerializer(serializers.Serializer[Any]):
    """For whom somebody may act, and in which role."""

    organisation = OrganisationSerializer()
    role = serializers.ChoiceField(choices=MEMBER_ROLE_CHOICES)
    acting = serializers.BooleanField(help_text="Whether this is what they act for now.")


class MeSerializer(serializers.Serializer[dict[str, object]]):
    """Who asks."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    program = serializers.BooleanField(help_text="A program of an organisation, no person.")
    roles = serializers.ListField(child=serializers.CharField())
    organisation = OrganisationSerializer(allow_null=True)
    memberships = OwnMembershipSerializer(many=True)
    scopes = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Of the token; null for a session, which may do all that the person may.",
    )
    unread_notices = serializers.IntegerField()


class WalletSerializer(serializers.Serializer[Wallet]):
    """A wallet of yours; wallets are added on the page, where the wallet can sign."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    address = serializers.CharField(source="shown", help_text="hex, with EIP-55's checksum")
    kind = serializers.ChoiceField(Wallet.Kind.choices)
    added_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class SigningKeySerializer(serializers.Serializer[Any]):
    """A public key (ECDSA over P-256)."""

    number = serializers.IntegerField()
    jwk = serializers.DictField(child=serializers.CharField(), help_text="RFC 7517")
    thumbprint = serializers.CharField(help_text="RFC 7638, SHA-256")
    created_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)


class MembershipSerializer(serializers.Serializer[Membership]):
    """A person acts for your organisation in a role."""

    id = serializers.IntegerField()
    user = serializers.UUIDField(source="user_id")
    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")
    role = serializers.ChoiceField(MEMBER_ROLE_CHOICES)
    created_at = serializers.DateTimeField()


class InvitationSerializer(serializers.Serializer[Invitation]):
    """Somebody was asked to act for your organisation."""

    id = serializers.UUIDField(read_only=True)
    email = serializers.EmailField()
    role = serializers.ChoiceField(MEMBER_ROLE_CHOICES)
    state = serializers.ChoiceField(Invitation.State.choices, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)


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

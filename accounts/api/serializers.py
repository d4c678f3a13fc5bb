"""People as the API shows them."""

from typing import Any

from rest_framework import serializers

from accounts.models import Invitation, Membership, Organisation, Wallet
from accounts.models.people import MEMBER_ROLES

MEMBER_ROLE_CHOICES = [(role.value, role.label) for role in MEMBER_ROLES]


class MeSerializer(serializers.Serializer[dict[str, object]]):
    """The person whose token or session it is."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    organisation = serializers.DictField(child=serializers.CharField(), allow_null=True)


class WalletSerializer(serializers.Serializer[Wallet]):
    """A wallet of yours; wallets are added on the page, where the wallet can sign."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    address = serializers.CharField(source="shown", help_text="hex, with EIP-55's checksum")
    kind = serializers.ChoiceField(Wallet.Kind.choices)
    added_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class OrganisationSerializer(serializers.Serializer[Organisation]):
    """An organisation as everybody may know it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Organisation.Kind.choices)
    gln = serializers.CharField(allow_blank=True, help_text="13 digits (GS1), or empty")
    npi = serializers.CharField(allow_blank=True, help_text="10 digits, or empty")
    verification = serializers.ChoiceField(Organisation.Verification.choices)


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

"""People as the API shows them."""

from rest_framework import serializers

from accounts.models import Wallet


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

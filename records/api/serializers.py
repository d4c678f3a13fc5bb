"""Grants as the API shows and takes them."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from chain.signatures import Assertion
from core.encoding import from_base64url, from_hex
from records.models import TEMPLATES, Custody, Scope
from records.services.signing import Answer, WalletAnswer


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
    custody = serializers.ChoiceField(Custody.choices)
    anchor_state = serializers.CharField()
    proof = serializers.URLField()


class NewConsentSerializer(serializers.Serializer[object]):
    """What a grant is made of; recorded like this, it is signed by Salus for you."""

    grantee_type = serializers.ChoiceField(["user", "organisation"])
    grantee_id = serializers.UUIDField()
    scope = serializers.ChoiceField(TEMPLATES)
    last_day = serializers.DateField()


# -- what is signed --------------------------------------------------------------------------------


class PasskeyHintSerializer(serializers.Serializer[object]):
    """A passkey with which you can sign."""

    id = serializers.CharField(help_text="base64url")
    transports = serializers.ListField(child=serializers.CharField())


class DraftSerializer(serializers.Serializer[object]):
    """A statement that waits for your signature, for fifteen minutes."""

    token = serializers.CharField(help_text="Send it back, unchanged, with the signature.")
    text = serializers.CharField(help_text="The sentence that you sign.")
    statement = serializers.CharField(
        help_text="The bytes that are signed: canonical JSON, in base64."
    )
    typed_data = serializers.DictField(help_text="What a wallet signs: eth_signTypedData_v4.")
    challenge = serializers.CharField(
        help_text="What a passkey signs: the statement's SHA-256, in base64url."
    )
    rp_id = serializers.CharField(help_text="The host that your passkeys belong to.")
    credentials = PasskeyHintSerializer(many=True)
    expires_at = serializers.DateTimeField()


class Written(serializers.CharField):
    """Bytes, as browsers or wallets write them."""

    def __init__(self, reading: str, longest: int, shortest: int = 1) -> None:
        """`reading` is `hex` or `base64url`; lengths are in bytes."""
        self.reading, self.lengths = reading, range(shortest, longest + 1)
        span = f"{shortest} bytes" if shortest == longest else f"at most {longest} bytes"
        super().__init__(help_text=f"{reading}, {span}")

    def to_internal_value(self, data: Any) -> Any:
        """The bytes."""
        text = super().to_internal_value(data)
        try:
            found = from_hex(text) if self.reading == "hex" else from_base64url(text)
        except ValueError:
            raise serializers.ValidationError(f"This is not {self.reading}.") from None
        if len(found) not in self.lengths:
            raise serializers.ValidationError(f"This is not {self.help_text}.")
        return found


class WalletSignatureSerializer(serializers.Serializer[object]):
    """By a wallet; whether it is a key or a contract is found out here."""

    type = serializers.ChoiceField(["eip712", "eip1271"])
    address = Written("hex", 20, 20)
    value = Written("hex", 2048)

    @property
    def answer(self) -> Answer:
        """As the services take it."""
        data = self.validated_data
        return WalletAnswer(data["address"], data["value"])


class PasskeySignatureSerializer(serializers.Serializer[object]):
    """By a passkey: the members of a WebAuthn AuthenticationResponseJSON that count."""

    type = serializers.ChoiceField(["webauthn"])
    credential = serializers.CharField(max_length=1364, help_text="base64url")
    authenticator_data = Written("base64url", 2048)
    client_data = Written("base64url", 4096)
    signature = Written("base64url", 1024)

    @property
    def answer(self) -> Answer:
        """As the services take it."""
        data = self.validated_data
        parts = ("credential", "authenticator_data", "client_data", "signature")
        return Assertion(*(data[part] for part in parts))


SIGNATURE = PolymorphicProxySerializer(
    component_name="Signature",
    serializers={
        "eip712": WalletSignatureSerializer,
        "eip1271": WalletSignatureSerializer,
        "webauthn": PasskeySignatureSerializer,
    },
    resource_type_field_name="type",
)


@extend_schema_field(SIGNATURE)
class SignatureField(serializers.Field[Any, Any, Any, Any]):
    """A signature, by its type."""

    def to_internal_value(self, data: Any) -> Answer:
        """As the services take it."""
        if not isinstance(data, dict):
            raise serializers.ValidationError("This is not an object.")
        by_passkey = data.get("type") == "webauthn"
        kind = PasskeySignatureSerializer if by_passkey else WalletSignatureSerializer
        given = kind(data=data)
        given.is_valid(raise_exception=True)
        return given.answer


class SignedSerializer(serializers.Serializer[object]):
    """A draft's token, and your signature on the draft."""

    token = serializers.CharField(max_length=16_000)
    signature = SignatureField()


class EndingSerializer(serializers.Serializer[object]):
    """A draft's token and your signature on the draft; without both, Salus records it for you."""

    token = serializers.CharField(max_length=16_000, required=False)
    signature = SignatureField(required=False)


GRANTING = PolymorphicProxySerializer(
    component_name="ConsentGranting",
    serializers=[NewConsentSerializer, SignedSerializer],
    resource_type_field_name=None,
)

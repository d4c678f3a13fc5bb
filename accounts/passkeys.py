"""A person's passkeys: added, named and removed by them, and asked for the key that signed (WebAuthn 3).

The rows are allauth's, which signs people in with them; a passkey signs decisions and signs in alike.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.models import User
from accounts.notices import notify
from accounts.recovery_codes import codes_ensure
from core import audit
from core.errors import Conflict, Invalid, NotFound, Problem

Json = dict[str, Any]
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
ES256, RS256 = -7, -257  # COSE; anybody's tools can check these two
RSA_BITS = range(2048, 4097)


@dataclass(frozen=True)
class Passkey:
    """One of a person's passkeys."""

    row: Authenticator

    @property
    def name(self) -> str:
        """What the person calls it."""
        return str(self.row.data["name"])

    @property
    def credential(self) -> str:
        """Its id, base64url, as browsers and statements name it."""
        return str(self.row.data["credential"]["id"])

    @property
    def transports(self) -> list[str]:
        """How it is reached, as a hint for the browser."""
        return list(self.row.data["credential"]["response"].get("transports", []))

    @property
    def added_at(self) -> datetime:
        """Since when."""
        added: datetime = self.row.created_at
        return added

    @property
    def used_at(self) -> datetime | None:
        """When it was last used."""
        used: datetime | None = self.row.last_used_at
        return used

    @property
    def key(self) -> PublicKey:
        """With which its signatures are checked."""
        return _key_of(self.attested.public_key)

    @property
    def attested(self) -> AttestedCredentialData:
        """What the authenticator said when it was added."""
        sent = websafe_decode(self.row.data["credential"]["response"]["attestationObject"])
        found = AttestationObject(sent).auth_data.credential_data
        assert found is not None
        return found


def rp_id() -> str:
    """The host that passkeys belong to: they sign for no other site."""
    return urlsplit(settings.BASE_URL).hostname or ""


# -- finding ---------------------------------------------------------------------------------------


def passkeys_of(user: User) -> list[Passkey]:
    """A person's passkeys, oldest first."""
    return [Passkey(row) for row in _rows(user).order_by("created_at", "pk")]


def access_passkey(user: User, pk: int) -> Passkey:
    """One of the person's own; raises NotFound."""
    row = _rows(user).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return Passkey(row)


def passkey_that_signed(user: User, credential: str) -> Passkey:
    """The person's passkey with this id; raises Invalid, also where it is somebody else's."""
    row = _rows(user).filter(data__credential__id=credential).first()
    if row is None:
        words = _("This passkey is none of yours. Choose one that you have added to your account.")
        raise Invalid(problems=[Problem("signature", words)])
    return Passkey(row)


def _rows(user: User) -> QuerySet[Authenticator]:
    rows: QuerySet[Authenticator] = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.WEBAUTHN
    )
    return rows


# -- adding ----------------------------------------------------------------------------------------


def passkey_options(user: User) -> tuple[Json, Json]:
    """What the browser is asked to make, and what must be remembered until it has."""
    server = _server()
    options, state = server.register_begin(
        PublicKeyCredentialUserEntity(
            id=user_pk_to_url_str(user).encode(), name=user.email, display_name=str(user)
        ),
        credentials=[passkey.attested for passkey in passkeys_of(user)],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        extensions={"credProps": True},
    )
    asked: Json = dict(options)["publicKey"]
    return asked, {name: str(value) for name, value in state.items()}


@transaction.atomic
def passkey_add(*, user: User, name: str, answer: Json, state: Json, by: audit.Actor) -> Passkey:
    """Keep what the browser made for this person; raises Invalid or Conflict."""
    made = _checked(answer, state)
    every = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN)
    if every.filter(data__credential__id=made["credential"]["id"]).exists():
        raise Conflict(_("This passkey has been added already."))
    row = Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": name, **made}
    )
    audit.record(audit.Name.PASSKEY_ADDED, by=by, target=str(row.pk))
    codes_ensure(user=user, by=by)
    notify(user, "passkey-added", by=by)
    return Passkey(row)


def _server() -> Fido2Server:
    server = Fido2Server(PublicKeyCredentialRpEntity(id=rp_id(), name="Salus"))
    server.allowed_algorithms = [
        PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=alg)
        for alg in (ES256, RS256)
    ]
    return server


def _checked(answer: Json, state: Json) -> Json:
    """What is kept of the browser's answer."""
    try:
        data = _server().register_complete(state, answer)
        attested = data.credential_data
        assert attested is not None
        _key_of(attested.public_key)
        response = RegistrationResponse.from_dict(answer)
        assert response.raw_id == attested.credential_id
        kept = _kept(answer, response)
    except Exception as error:  # fido2's parsers meet whatever a stranger sends
        words = _("This passkey could not be added. Please try again, or use another device.")
        raise Invalid(problems=[Problem("", words)]) from error
    return {"credential": kept, "sign_count": data.counter}


def _kept(answer: Json, response: RegistrationResponse) -> Json:
    """As allauth keeps it: a RegistrationResponseJSON, of members that we know."""
    properties = answer.get("clientExtensionResults", {}).get("credProps", {})
    return {
        "type": "public-key",
        "id": response.id,
        "rawId": response.id,
        "response": {
            "clientDataJSON": websafe_encode(response.response.client_data),
            "attestationObject": websafe_encode(response.response.attestation_object),
            "transports": _transports(answer),
        },
        "clientExtensionResults": {"credProps": {"rk": bool(properties.get("rk"))}},
    }


def _transports(answer: Json) -> list[str]:
    said = answer["response"].get("transports")
    known = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")
    return [name for name in known if isinstance(said, list) and name in said]


def _key_of(cose: CoseKey) -> PublicKey:
    """As `cryptography` knows it; raises ValueError for what we don't take."""
    if cose.get(3) == ES256 and cose.get(1) == 2 and cose.get(-1) == 1:
        x, y = (int.from_bytes(cose[part], "big") for part in (-2, -3))
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    if cose.get(3) == RS256 and cose.get(1) == 3:
        n, e = (int.from_bytes(cose[part], "big") for part in (-1, -2))
        if n.bit_length() in RSA_BITS:
            return rsa.RSAPublicNumbers(e, n).public_key()
    raise ValueError("neither ES256 nor RS256")


# -- using, naming, removing -----------------------------------------------------------------------


def passkey_used(*, passkey: Passkey, count: int) -> None:
    """Note a signature, in the caller's transaction; raises Invalid where the passkey was copied.

    Passkeys that are kept in step between devices count nothing: 0 is no count (WebAuthn 6.1.1).
    """
    row = Authenticator.objects.select_for_update().get(pk=passkey.row.pk)
    before = int(row.data.get("sign_count", 0))
    if (before or count) and count <= before:
        words = _("This passkey has been used elsewhere since: it may have been copied. Remove it.")
        raise Invalid(problems=[Problem("signature", words)])
    row.data["sign_count"], row.last_used_at = count, timezone.now()
    row.save(update_fields=["data", "last_used_at"])


@transaction.atomic
def passkey_rename(*, passkey: Passkey, name: str) -> None:
    """Call it something else."""
    row = Authenticator.objects.select_for_update().get(pk=passkey.row.pk)
    row.data["name"] = name
    row.save(update_fields=["data"])


@transaction.atomic
def passkey_remove(*, passkey: Passkey, by: audit.Actor) -> None:
    """Forget it; what it signed stays signed. Raises Conflict for somebody's only way in."""
    user = User.objects.select_for_update().get(pk=passkey.row.user_id)
    if not user.has_usable_password() and len(passkeys_of(user)) == 1:
        words = _("It is your only way to sign in. Set a password or add another passkey first.")
        raise Conflict(words)
    audit.record(audit.Name.PASSKEY_REMOVED, by=by, target=str(passkey.row.pk))
    passkey.row.delete()
    delete_dangling_recovery_codes(user)
    notify(user, "passkey-removed", by=by)

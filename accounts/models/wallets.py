"""The wallets that people have added to their accounts."""

import uuid

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from chain.addresses import checksummed, shortened


class Wallet(models.Model):
    """A wallet whose holder has shown by a signature that it is theirs; it belongs to one person."""

    class Kind(models.TextChoices):
        """What signs for it: a key, or a contract's code."""

        ACCOUNT = "account", _("Signs with a key")
        CONTRACT = "contract", _("A program on the public ledger")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="wallets")
    address = models.BinaryField(max_length=20, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=60)
    added_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="wallet_address_is_20_bytes", condition=Exact(Length("address"), 20)
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown(self) -> str:
        """Its address, as wallets show it."""
        return checksummed(self.address)

    @property
    def short(self) -> str:
        """Enough of the address to recognise it."""
        return shortened(self.address)

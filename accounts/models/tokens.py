"""The tokens that programs use."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Organisation
from accounts.models.people import User


class ApiToken(models.Model):
    """A program's right to act, in some areas, as a person or for an organisation.

    Only the token's hash is kept. For an organisation it acts as a user of its own, who is a member
    in one role: so no gate needs to know of tokens, and a manager's own record is none of its.
    """

    class Kind(models.TextChoices):
        """For whom it acts."""

        PERSON = "person", _("For a person")
        MACHINE = "machine", _("For an organisation")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.PERSON)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, related_name="api_tokens"
    )
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=60)
    scopes = ArrayField(models.CharField(max_length=40))
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    # The network alone: /24 of IPv4, /48 of IPv6.
    last_used_from = models.CharField(max_length=45, blank=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="api_token_kind_with_organisation",
                condition=Q(kind="person", organisation=None)
                | Q(kind="machine", organisation__isnull=False),
            ),
            models.CheckConstraint(name="api_token_has_scopes", condition=~Q(scopes=[])),
        ]
        indexes = [models.Index(fields=["user", "-created_at"], name="api_token_by_user")]

    def __str__(self) -> str:
        return f"token {self.id}"

    @property
    def live(self) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and self.expires_at > timezone.now()

"""People, organisations, who acts for whom, and the tokens that programs use."""

from accounts.models.organisations import (
    Invitation,
    Membership,
    Organisation,
    OrganisationKey,
)
from accounts.models.people import CARE, Role, User
from accounts.models.tokens import ApiToken

__all__ = [
    "CARE", "ApiToken", "Invitation", "Membership", "Organisation", "OrganisationKey", "Role", "User",
]  # fmt: skip

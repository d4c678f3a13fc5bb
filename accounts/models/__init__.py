"""People, organisations, who acts for whom, people's wallets, and the tokens that programs use."""

from accounts.models.organisations import (
    Invitation,
    Membership,
    Organisation,
    OrganisationKey,
)
from accounts.models.people import CARE, OFFICE, Role, User
from accounts.models.recovery import Recovery, RecoveryConfirmation
from accounts.models.tokens import ApiToken
from accounts.models.wallets import Wallet

__all__ = [
    "CARE", "OFFICE", "ApiToken", "Invitation", "Membership", "Organisation", "OrganisationKey",
    "Recovery", "RecoveryConfirmation", "Role", "User", "Wallet",
]  # fmt: skip

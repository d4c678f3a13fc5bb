"""People, organisations, who acts for whom, and the tokens that programs use."""

from accounts.models.organisations import Membership, Organisation
from accounts.models.people import Role, User
from accounts.models.recovery import Recovery, RecoveryConfirmation
from accounts.models.tokens import ApiToken

__all__ = [
    "ApiToken",
    "Membership",
    "Organisation",
    "Recovery",
    "RecoveryConfirmation",
    "Role",
    "User",
]

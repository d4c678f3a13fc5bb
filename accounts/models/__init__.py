"""People, organisations, who acts for whom, and the tokens that programs use."""

from accounts.models.organisations import Membership, Organisation
from accounts.models.people import CARE, Role, User
from accounts.models.tokens import ApiToken

__all__ = ["CARE", "ApiToken", "Membership", "Organisation", "Role", "User"]

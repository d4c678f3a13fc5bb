"""People, organisations, who acts for whom, people's wallets, and the tokens that programs use."""

from accounts.models.organisations import Membership, Organisation
from accounts.models.people import Role, User
from accounts.models.tokens import ApiToken
from accounts.models.wallets import Wallet

__all__ = ["ApiToken", "Membership", "Organisation", "Role", "User", "Wallet"]

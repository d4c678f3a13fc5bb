"""People, organisations, who acts for whom, wallets, tokens, notices, copies of a person's data."""

from accounts.models.corrections import CorrectionRequest, CorrectionState
from accounts.models.notices import KnownDevice, MailState, Notice, NoticePreference
from accounts.models.organisations import (
    Invitation,
    Membership,
    Organisation,
    OrganisationKey,
)
from accounts.models.people import CARE, OFFICE, Role, User
from accounts.models.privacy import DataExport, ExportState
from accounts.models.recovery import Recovery, RecoveryConfirmation
from accounts.models.tokens import ApiToken
from accounts.models.wallets import Wallet

__all__ = [
    "CARE", "OFFICE", "ApiToken", "CorrectionRequest", "CorrectionState", "DataExport", "ExportState",
    "Invitation", "KnownDevice", "MailState", "Membership", "Notice", "NoticePreference",
    "Organisation", "OrganisationKey", "Recovery", "RecoveryConfirmation", "Role", "User",
    "Wallet",
]  # fmt: skip

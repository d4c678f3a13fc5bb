"""People, organisations, who acts for whom, tokens, notices, and copies of a person's data."""

from accounts.models.corrections import CorrectionRequest, CorrectionState
from accounts.models.notices import KnownDevice, MailState, Notice, NoticePreference
from accounts.models.organisations import Membership, Organisation
from accounts.models.people import Role, User
from accounts.models.privacy import DataExport, ExportState
from accounts.models.tokens import ApiToken

__all__ = [
    "ApiToken", "CorrectionRequest", "CorrectionState", "DataExport", "ExportState", "KnownDevice",
    "MailState", "Membership", "Notice", "NoticePreference", "Organisation", "Role", "User",
]  # fmt: skip

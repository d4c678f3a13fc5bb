"""The clinical store, consents, who stands for whom, and the one relation that decides access."""

from records.models.attachments import Attachment
from records.models.clinical import (
    ANY_TYPE,
    NEVER,
    SCOPE_TYPES,
    TEMPLATES,
    Consent,
    ConsentStatement,
    Custody,
    Effect,
    EffectiveAccess,
    ImportedBundle,
    Patient,
    Record,
    Scope,
    Version,
)
from records.models.delegations import Delegation
from records.models.emergencies import EmergencyAccess
from records.models.erasures import ErasureRequest, Ground
from records.models.merges import PatientMerge
from records.models.patients import AccountLink, ActivationCode, PatientHash, PatientRegistration

__all__ = [
    "ANY_TYPE", "NEVER", "SCOPE_TYPES", "TEMPLATES", "AccountLink", "ActivationCode", "Attachment",
    "Consent", "ConsentStatement", "Custody", "Delegation", "Effect", "EffectiveAccess",
    "EmergencyAccess", "ErasureRequest", "Ground", "ImportedBundle", "Patient", "PatientHash",
    "PatientMerge", "PatientRegistration", "Record", "Scope", "Version",
]  # fmt: skip

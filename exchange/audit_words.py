"""What our events and purposes are called in FHIR's AuditEvent."""

from core.models import AuditEvent, Purpose

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type"
V3_PURPOSE = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
Name = AuditEvent.Name

_REST = {"system": _TYPES, "code": "rest", "display": "RESTful Operation"}
_AUTHENTICATION = {"system": DICOM, "code": "110114", "display": "User Authentication"}
_SECURITY = {"system": DICOM, "code": "110113", "display": "Security Alert"}
_AUDIT_USED = {"system": DICOM, "code": "110101", "display": "Audit Log Used"}

EVENT_TYPES: dict[Name | None, dict[str, str]] = {
    None: _REST,
    Name.SIGNED_IN: _AUTHENTICATION,
    Name.SIGNED_OUT: _AUTHENTICATION,
    Name.WALLET_SIGN_IN: _AUTHENTICATION,
    Name.SIGN_IN_FAILED: _AUTHENTICATION,
    Name.LOCKED_OUT: _SECURITY,
    Name.ACCESS_REFUSED: _SECURITY,
    Name.CODE_REFUSED: _SECURITY,
    Name.PASSWORD_CHANGED: _SECURITY,
    Name.APP_ADDED: _SECURITY,
    Name.APP_REMOVED: _SECURITY,
    Name.CODES_MADE: _SECURITY,
    Name.PASSKEY_ADDED: _SECURITY,
    Name.PASSKEY_REMOVED: _SECURITY,
    Name.WALLET_LINKED: _SECURITY,
    Name.WALLET_UNLINKED: _SECURITY,
    Name.SESSION_ENDED: _SECURITY,
    Name.RECOVERY_ASKED: _SECURITY,
    Name.RECOVERY_USED: _SECURITY,
    Name.AUDIT_READ: _AUDIT_USED,
    Name.AUDIT_EXPORTED: _AUDIT_USED,
}
ACTIONS: dict[Name, str] = {
    Name.RECORD_READ: "R",
    Name.RECORD_LISTED: "R",
    Name.PATIENT_LISTED: "R",
    Name.RECORD_WRITTEN: "C",
    Name.PROOF_READ: "R",
    Name.PATIENT_REGISTERED: "C",
    Name.PATIENT_MATCHED: "R",
    Name.PATIENT_ADMINISTERED: "R",
    Name.PATIENT_LINKED: "U",
    Name.PATIENT_UNLINKED: "U",
    Name.CODE_ISSUED: "C",
    Name.DELEGATION_OFFERED: "C",
    Name.DELEGATION_ACCEPTED: "U",
    Name.DELEGATION_ENDED: "U",
    Name.EMERGENCY_OPENED: "C",
    Name.EMERGENCY_ENDED: "U",
    Name.MERGE_PROPOSED: "C",
    Name.MERGE_REFUSED: "U",
    Name.MERGE_DONE: "U",
    Name.MERGE_UNDONE: "U",
    Name.CONSENT_GRANTED: "C",
    Name.CONSENT_REVOKED: "U",
    Name.AUDIT_READ: "R",
    Name.AUDIT_EXPORTED: "R",
    Name.SIGNED_IN: "E",
    Name.SIGNED_OUT: "E",
    Name.SIGN_IN_FAILED: "E",
}
PURPOSES: dict[Purpose, tuple[str, str]] = {
    Purpose.TREATMENT: ("TREAT", "treatment"),
    Purpose.PAYMENT: ("HPAYMT", "healthcare payment"),
    Purpose.OPERATIONS: ("HOPERAT", "healthcare operations"),
    Purpose.RESEARCH: ("HRESCH", "healthcare research"),
    Purpose.OWN: ("PATRQT", "patient requested"),
    Purpose.CARER: ("FAMRQT", "family requested"),
    Purpose.OVERSIGHT: ("HCOMPL", "health compliance"),
    Purpose.EMERGENCY: ("ETREAT", "Emergency Treatment"),
}

"""What is answered to whom: one row for each named address, and a row more for each further kind of
thing that it can name.

A row declares what is answered to everybody about OUR thing: statuses with visitors, the rest by `*`.
What follows from that stands in test_matrix.py: whoever is let through to their own gets 404 for what
is foreign and for what is not there; whoever is refused is refused all three alike. A row that
departs from it names who, and says why.

- `*` is everybody signed in who is not named, `all` is anonymous visitors besides. Left unnamed,
  those are sent to the sign-in page, and get 401 from the interfaces of programs.
- `login` is sent to the sign-in page. Other redirects are 302.
- What is posted is empty: 422 says that the form was reached, 400 that the interface was.
- A method that is not declared is refused (405), or answered like the one that is.

To add an address: a row below, and for a new kind of thing an entry in world.py, once, in `Half`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tests.integration.matrix.world import ANONYMOUS, VISITORS

SIGNED_IN = tuple(visitor for visitor in VISITORS if visitor != ANONYMOUS)
LET_THROUGH = (
    "2",
    "3",
    "400",
    "409",
    "422",
)  # how the outcomes of those begin who were not refused
MACHINES = ("api", "fhir")  # what begins like this, and `proof`, is for programs


@dataclass(frozen=True)
class Row:
    """An address, the kind of thing that it names, and what each method is answered with."""

    name: str
    kind: str = ""
    get: str = ""
    post: str = ""
    put: str = ""
    delete: str = ""
    # For whom what is foreign is as good as their own, and why.
    alike: str = ""
    because: str = ""
    # Who may see it and not do this: for them what they don't see is 404, as for who may.
    sees: str = ""
    makes: bool = False  # whoever may write chooses the address: of what is not there also
    multipart: bool = False  # what is sent to a program's interface is a file, not JSON

    def __str__(self) -> str:
        return f"{self.name} {self.kind}".strip()

    @property
    def machine(self) -> bool:
        """Whether programs use it, with a token."""
        return self.name == "proof" or self.name.startswith(MACHINES)

    @cached_property
    def declared(self) -> dict[str, dict[str, str]]:
        """By method what each visitor is answered about OUR thing."""
        methods = {"get": self.get, "post": self.post, "put": self.put, "delete": self.delete}
        stranger = "401" if self.machine else "login"
        return {name: outcomes(said, stranger) for name, said in methods.items() if said}

    @cached_property
    def alike_for(self) -> set[str]:
        """Those for whom OURS and THEIRS are alike."""
        return set(_named(self.alike.split(), SIGNED_IN))

    @cached_property
    def seen_by(self) -> set[str]:
        """Those who are refused, and know that it is there."""
        return set(_named(self.sees.split(), SIGNED_IN))

    def expected(self, method: str, visitor: str, whose: str) -> str:
        """What a visitor is answered about a thing that is `own`, `foreign` or `none`."""
        own = self.declared[method][visitor]
        if self.makes:
            return own
        if visitor in self.seen_by:
            return own if whose == "own" else "404"
        if whose == "own" or (whose == "foreign" and visitor in self.alike_for):
            return own
        return "404" if own.startswith(LET_THROUGH) or visitor in self.alike_for else own


def outcomes(said: str, stranger: str) -> dict[str, str]:
    """What is answered to each visitor, out of `200 patient carer; 404 *`."""
    found: dict[str, str] = {}
    for part in said.split(";"):
        outcome, *visitors = part.split()
        rest = [visitor for visitor in SIGNED_IN if visitor not in found]
        found |= dict.fromkeys(_named(visitors, rest), outcome)
    found.setdefault(ANONYMOUS, stranger)
    assert set(found) == set(VISITORS), f"{said!r} says nothing of {set(VISITORS) - set(found)}"
    return found


def _named(visitors: Iterable[str], rest: Iterable[str]) -> Iterable[str]:
    for visitor in visitors:
        if visitor == "all":
            yield from (*rest, ANONYMOUS)
        elif visitor == "*":
            yield from rest
        else:
            assert visitor in VISITORS, f"nobody is called {visitor!r}"
            yield visitor


PUBLIC = "200 all"
EVERYBODY = "200 *"  # who is signed in
PATIENT = "200 patient; 404 *"
PERSON = "200 patient carer; 404 *"  # whose record it is, and who cares for them
READERS = "200 patient carer clinician nurse payer researcher; 404 *"
AUDITOR = "200 auditor; 403 *"
MANAGER = "200 manager; 403 *"
OFFICE = "200 registrar manager; 403 *"
REGISTRAR = "200 registrar; 403 *"
PHARMA = "200 pharma; 403 *"

OVERSEES = "Auditors look over everybody's shoulder."
BEARER = "Whoever holds the letter is let in: its link is the key."
RUNS_SALUS = "The managers of the organisation that runs Salus decide for everybody."
DIRECTORY = "Who works where is nobody's secret."

PORTAL = (
    Row("home", get=PUBLIC),
    Row("dashboard", get=EVERYBODY),
    Row("gallery", get=PUBLIC),
    Row("demo_sign_in", post="404 all"),  # there is no such role
    Row("demo_code", get=PUBLIC),
    Row("demo_mail", get=PUBLIC),
    Row("demo_good_csv", get=EVERYBODY),
    Row("demo_bad_csv", get=EVERYBODY),
    Row("favicon", get="302 all"),
    Row("healthz", get=PUBLIC),
    Row("readyz", get="503 all"),  # no worker runs here
    Row("api-schema", get=PUBLIC),
    Row("api-docs", get=PUBLIC),
    Row("api-unknown", "rest", get="404 all", post="404 all", put="404 all", delete="404 all"),
)

# -- people ----------------------------------------------------------------------------------------

ACCOUNT = (
    Row("account", get=EVERYBODY),
    Row("account-name", get=EVERYBODY, post="422 *"),
    Row("act-for", "place", post="302 clinician nurse registrar biller manager; 404 *"),
    Row("passkeys", get=EVERYBODY),
    Row("passkey-add", get=EVERYBODY, post="422 *"),
    Row("passkey-rename", "passkey", get=PATIENT, post="422 patient; 404 *"),
    Row("passkey-remove", "passkey", get=PATIENT, post="302 patient; 404 *"),
    Row("wallets", get=EVERYBODY),
    Row("wallet-add", get=EVERYBODY, post="422 *"),
    Row("wallet-message", post="422 all"),
    Row("wallet-sign-in", get="302 *; 200 anonymous", post="302 *; 422 anonymous"),
    Row("wallet-rename", "wallet", get=PATIENT, post="422 patient; 404 *"),
    Row("wallet-remove", "wallet", get=PATIENT, post="302 patient; 404 *"),
    Row("sessions", get=EVERYBODY),
    Row("session-end", "session", post="302 patient; 404 *"),
    Row("sessions-end-others", post="302 *"),
    Row("tokens", get=EVERYBODY),
    Row("token-new", get=EVERYBODY, post="422 *"),
    Row("token-end", "token", get=PATIENT, post="302 patient; 404 *"),
    Row("token-end", "machine token", get="200 manager; 404 *", post="302 manager; 404 *"),
    Row("machine-tokens", get=MANAGER),
    Row("machine-token-new", get=MANAGER, post="422 manager; 403 *"),
    Row("notices", get=EVERYBODY),
    Row("notices-read", post="302 *"),
    Row("notice", "notice", get="302 patient; 404 *"),
    Row("notice-read", "notice", post="302 patient; 404 *"),
    Row("notice-preferences", get=EVERYBODY, post="302 *"),
    Row("api-me", get=EVERYBODY),
    Row("api-tokens", get=EVERYBODY, post="403 *"),  # no token makes another one
    Row("api-token", "token", delete="204 patient; 404 *"),
    Row("api-token", "machine token", delete="204 manager; 404 *"),
    Row("api-notices", get=EVERYBODY),
    Row("api-notices-read", post="400 *"),
    Row("api-notice-read", "notice", post="204 patient; 404 *"),
    Row("api-notice-preferences", get=EVERYBODY),
    Row("api-notice-preference", "notice type", put="400 *"),
    Row("api-wallets", get=EVERYBODY),
    Row("api-wallet", "wallet", get=PATIENT, delete="204 patient; 404 *"),
)

PRIVACY = (
    Row("data-export", get=EVERYBODY, post="302 *"),
    Row("data-export-progress", get=EVERYBODY),
    Row("data-export-file", get="404 *"),  # nobody has asked for one
    Row("own-corrections", get=EVERYBODY, post="422 *"),
    Row("correction-withdraw", "correction", post="302 patient; 404 *"),
    Row("corrections", get=OFFICE),
    Row("correction", "correction", get=OFFICE, post="422 registrar manager; 403 *"),
    Row("erasure", get=EVERYBODY, post="422 *"),
    Row("erasure-withdraw", "erasure", post="302 patient; 404 *"),
    Row("erasures", get=MANAGER, alike="manager", because=RUNS_SALUS),
    Row(
        "erasure-decide", "erasure", get=MANAGER, post="422 manager; 403 *",
        alike="manager", because=RUNS_SALUS,
    ),
    Row("api-erasure", get=EVERYBODY, post="400 *"),
    Row("api-erasure-withdraw", "erasure", post="204 patient; 404 *"),
    Row("api-erasures", get=MANAGER, alike="manager", because=RUNS_SALUS),
    Row(
        "api-erasure-decide", "erasure", post="400 manager; 403 *",
        alike="manager", because=RUNS_SALUS,
    ),
    Row("account-close", get=EVERYBODY, post="422 *"),
    Row("account-reopen", get="login all", post="login all"),  # everybody's is open
)  # fmt: skip

SECOND_STEP = (
    Row("mfa_index", get=EVERYBODY),
    Row("second-factor-needed", get="302 *"),
    Row("mfa_activate_totp", get="302 *", post="302 *"),  # everybody has one
    Row("mfa_deactivate_totp", get=EVERYBODY, post="302 *"),
    Row("mfa_view_recovery_codes", get=EVERYBODY),
    Row("mfa_generate_recovery_codes", get=EVERYBODY, post="302 *"),
    Row("mfa_authenticate", get="302 *", post="302 *"),
    Row("mfa_login_webauthn", get="302 *", post="302 *"),
    Row("mfa_signup_webauthn", get="302 all", post="302 all"),
    Row("mfa_reauthenticate", get=EVERYBODY, post=EVERYBODY),
    # Who has no passkey confirms by a code; a wrong answer begins again.
    Row("mfa_reauthenticate_webauthn", get="200 patient; 302 *", post="login patient; 302 *"),
)

SIGN_IN = (
    Row("account_login", get="302 *; 200 anonymous", post="302 *; 200 anonymous"),
    Row("account_logout", get="200 *; 302 anonymous", post="302 all"),
    Row("account_inactive", get=PUBLIC),
    Row("account_signup", get="302 *; 200 anonymous", post="302 *; 200 anonymous"),
    Row("account_signup_by_passkey", get="302 *; 200 anonymous", post="302 *; 200 anonymous"),
    Row("account_reauthenticate", get="200 patient; 302 *", post="200 patient; 302 *"),
    Row("account_email", get=EVERYBODY, post="302 *"),
    Row("account_email_verification_sent", get="302 *", post="302 *"),
    # The patient has a password; the others are given one by the second page.
    Row("account_change_password", get="200 patient; 302 *", post="200 patient; 302 *"),
    Row("account_set_password", get="302 patient; 200 *", post="302 patient; 200 *"),
    Row("account_reset_password", get=PUBLIC, post=PUBLIC),
    Row("account_confirm_login_code", get="302 *", post="302 *"),
    Row("account_confirm_password_reset_code", get="login all", post="login all"),
    Row("account_complete_password_reset", get="302 all", post="302 all"),
    Row("account_password_reset_completed", get=PUBLIC),
)

RECOVERY = (
    Row("recovery", get=PUBLIC),
    Row("recovery-ask", get="302 all", post="302 all"),
    Row("recovery-stop", "stop link", get=PUBLIC, post=PUBLIC, alike="all", because=BEARER),
    Row("recovery-link", "recovery link", get=PUBLIC, post="422 all", alike="all", because=BEARER),
    Row("recoveries", get=MANAGER),
    Row("recovery-confirm", "recovery", get="200 manager; 403 *", post="302 manager; 403 *"),
)

ORGANISATION = (
    Row("organisation", get=MANAGER, post="422 manager; 403 *"),
    Row("organisation-members", get=MANAGER, post="422 manager; 403 *"),
    Row("organisation-member-end", "member", post="302 manager; 403 *"),
    Row("organisation-invitation-take-back", "invitation", post="302 manager; 403 *"),
    Row("organisation-keys", get=MANAGER),
    Row("organisation-key-make", post="302 manager; 403 *"),
    Row(
        "invitation", "invitation link", get=PUBLIC, post="403 *; 200 anonymous",
        alike="all", because=BEARER,
    ),
    Row("api-organisations", get=EVERYBODY),
    Row("api-organisation", "organisation", get=EVERYBODY, alike="*", because=DIRECTORY),
    Row("api-organisation", "unchecked", get="200 pharma; 404 *"),
    Row("api-organisation-keys", "organisation", get=EVERYBODY, alike="*", because=DIRECTORY),
    Row("api-organisation-keys", "unchecked", get="200 pharma; 404 *"),
    Row("api-members", get=MANAGER),
    Row("api-member", "member", delete="204 manager; 403 *"),
    Row("api-invitations", get=MANAGER, post="400 manager; 403 *"),
    Row("api-invitation", "invitation", delete="204 manager; 403 *"),
)  # fmt: skip

# -- the record ------------------------------------------------------------------------------------

# Who has no record of their own is told so on the pages of it.
RECORD = (
    Row("my-health", get=EVERYBODY),
    Row("my-trends", get=EVERYBODY),
    Row("my-timeline", get=EVERYBODY),
    Row("my-seals", get=EVERYBODY),
    Row("my-head", get="404 *"),  # nothing is final yet
    Row("patients", get=EVERYBODY),
    Row("chart", "patient", get=READERS),
    Row("chart", "unclaimed", get="200 clinician nurse; 404 *"),
    Row("chart-trends", "patient", get=READERS),
    Row("chart-timeline", "patient", get=READERS),
    Row("record", "entry", get=READERS),
)

SHARING = (
    Row("sharing", get=EVERYBODY),
    Row("share", get=EVERYBODY, post="422 patient; 200 *"),
    Row("share-check", get="302 patient; 200 *", post="302 patient; 200 *"),
    Row("share-end", "consent", get=PERSON, post="302 patient carer; 404 *"),
    Row("person-sharing", "patient", get=PERSON),
    Row("person-share", "patient", get=PERSON, post="422 patient carer; 404 *"),
    Row(
        "person-share-check", "patient", get="302 patient carer; 404 *",
        post="302 patient carer; 404 *",
    ),
    Row("api-consents", get="200 patient; 403 *", post="400 patient; 403 *"),
    Row("api-consent-drafts", post="400 patient; 403 *"),
    Row("api-consent-end", "consent", post=PERSON),
    Row("api-consent-end-drafts", "consent", post="201 patient carer; 404 *"),
)  # fmt: skip

CARING = (
    Row("activate", get="302 patient; 200 carer; 403 *", post="302 patient; 422 carer; 403 *"),
    Row("carer-new", get=EVERYBODY, post="422 patient; 200 *"),
    Row("carer-end", "delegation", get=PERSON, post="302 patient carer; 404 *"),
    Row("caring", get=EVERYBODY),
    Row("caring-answer", "offer", post="302 carer; 404 *"),
    Row("api-carers", get=EVERYBODY, post="400 patient; 403 *"),
    Row("api-carer-end", "delegation", post="204 patient carer; 404 *"),
    Row("api-caring", get=EVERYBODY),
    Row("api-caring-accept", "offer", post="200 carer; 404 *"),
)

CARE = "200 clinician nurse; 403 *"

EMERGENCY = (
    Row("emergency", get=CARE, post="422 clinician nurse; 403 *"),
    Row("emergency-end", "emergency", post="302 clinician; 404 *"),
    Row("api-emergencies", get=CARE, post="400 clinician nurse; 403 *"),
    Row("api-emergency-end", "emergency", post="204 clinician; 404 *"),
)

REGISTRATION = (
    Row("registration", get=OFFICE, post=OFFICE),
    Row("registration-new", get=REGISTRAR, post="422 registrar; 403 *"),
    Row("registered", "patient", get=OFFICE),
    Row("registered-code", "unclaimed", post=REGISTRAR),
    Row("registered-code", "patient", post="302 registrar; 403 *"),
    Row("registered-guardian", "patient", get=REGISTRAR, post="422 registrar; 403 *"),
    Row("registered-merge", "patient", get=REGISTRAR, post="422 registrar; 403 *"),
    Row("registered-unlink", "patient", post="422 manager; 403 *"),
    Row("guardian-end", "offer", post="302 registrar manager; 403 *"),
    Row("merges", get=OFFICE),
    Row("merge", "merge", get=OFFICE, post="302 registrar manager; 403 *"),
    Row("api-patients", get=OFFICE, post="400 registrar; 403 *"),
    Row("api-patient-search", post=OFFICE),
    Row("api-patient", "patient", get=OFFICE),
    Row("api-patient-code", "unclaimed", post="201 registrar; 403 *"),
    Row("api-patient-code", "patient", post="409 registrar; 403 *"),
    Row("api-merges", get=OFFICE, post="400 registrar manager; 403 *"),
    Row("api-merge-decision", "merge refused", post=OFFICE),
)

# -- the trail -------------------------------------------------------------------------------------

OVERSIGHT = (
    Row("my-readers", get=EVERYBODY),
    Row("reader-wrong", "reader", get=PATIENT, post="422 patient; 404 *"),
    Row("my-question", "case", get=PATIENT),
    Row("person-readers", "patient", get=PERSON),
    Row("audit-log", get=AUDITOR, alike="auditor", because=OVERSEES),
    Row("audit-copy", "copy", get=AUDITOR, alike="auditor", because=OVERSEES),
    Row("findings", get=AUDITOR, alike="auditor", because=OVERSEES),
    Row(
        "finding", "finding", get=AUDITOR, post="422 auditor; 403 *",
        alike="auditor", because=OVERSEES,
    ),
    Row("audit-rules", get=AUDITOR),
    Row("audit-rule", "rule", get=AUDITOR, post="422 auditor; 403 *"),
    Row("cases", get=AUDITOR, alike="auditor", because=OVERSEES),
    Row("case", "case", get=AUDITOR, post="302 auditor; 403 *", alike="auditor", because=OVERSEES),
    Row("api-audit", get=AUDITOR, alike="auditor", because=OVERSEES),
    Row("api-readers", get="200 patient; 403 *"),
)  # fmt: skip

# -- goods -----------------------------------------------------------------------------------------

SUPPLY = (
    Row("shipments", get=PHARMA),
    Row("shipment-upload", get=PHARMA, post="422 pharma; 403 *"),
    Row("shipment-template", get=PHARMA),
    Row("shipment", "shipment", get=PHARMA),
    Row("shipment", "recorded shipment", get=PHARMA),
    Row("shipment-progress", "shipment", get=PHARMA),
    Row("shipment-record", "shipment", post="302 pharma; 403 *"),
    Row("shipment-discard", "shipment", post="302 pharma; 403 *"),
    Row("shipment-epcis", "recorded shipment", get=PHARMA),
    Row("api-shipments", get=PHARMA, post="400 pharma; 403 *", multipart=True),
    Row("api-shipment", "shipment", get=PHARMA, delete="204 pharma; 403 *"),
    Row("api-shipment-record", "shipment", post="202 pharma; 403 *"),
)

# -- exchange --------------------------------------------------------------------------------------

FHIR = (
    Row("fhir-base", post="400 *"),
    Row("fhir-type", "type", get=EVERYBODY, post="400 *", put="400 *", delete="400 *"),
    Row("fhir-search", "type", get=EVERYBODY, post="415 *"),
    Row("fhir-type-history", "type", get=EVERYBODY),
    Row("fhir-history", "resource", get=READERS),
    Row("fhir-everything", "patient", get=READERS),
    Row("fhir-summary", "patient", get=READERS),
    Row("fhir-validate", post="422 *"),
    Row("fhir-validate-type", "type", post="422 *"),
    Row("fhir-validate-one", "resource", post=READERS.replace("200", "422")),
    Row("fhir-metadata", get=PUBLIC),
    Row("fhir-patient-match", post="422 registrar; 403 *"),
    Row(
        "fhir-audit-search", get="200 patient auditor; 403 *", alike="auditor", because=OVERSEES,
    ),
    Row(
        "fhir-audit-read", "event", get="200 patient auditor; 404 *",
        alike="auditor", because=OVERSEES,
    ),
    Row("fhir-read", "resource", get=READERS),
    Row("fhir-read", "resource that is written", put="400 *", makes=True),
    Row(
        "fhir-read", "resource that is deleted",
        delete="204 clinician nurse; 403 patient carer payer researcher; 404 *",
        sees="patient carer payer researcher",
    ),
    Row("fhir-vread", "version", get=READERS),
    # Not final yet: 202.
    Row("fhir-proof", "resource", get=READERS.replace("200", "202")),
    Row("fhir-vproof", "version", get=READERS.replace("200", "202")),
    Row("fhir-unknown", "rest", get="404 *"),
    Row("proof", "record proof", get=READERS.replace("200", "202")),
    Row("proof", "consent proof", get=PERSON.replace("200", "202")),
    Row("proof", "supply proof", get="202 pharma; 404 *"),
    Row("proof", "seal proof", get="202 auditor; 404 *"),
    Row("proof-page", "record proof", get=READERS),
    Row("proof-page", "consent proof", get=PERSON),
    Row("proof-page", "supply proof", get="200 pharma; 404 *"),
    Row("proof-page", "seal proof", get="200 auditor; 404 *"),
)  # fmt: skip

# -- the ledger, for anybody -----------------------------------------------------------------------

LEDGER = (
    Row("verify", get=PUBLIC),
    Row("verifier_download", get=PUBLIC),
    Row("sample_proof", get="404 all"),  # nothing is final yet
    Row("trust", get=PUBLIC),
    Row("explorer", get=PUBLIC),
    Row("ledger-batches", get=PUBLIC),
    Row("batch", "batch", get=PUBLIC),
    Row("ledger-transactions", get=PUBLIC),
    Row("ledger-transaction", "transaction", get=PUBLIC),
    Row("ledger-contracts", get=PUBLIC),
    Row("ledger-consents", get=PUBLIC),
    Row("ledger-reorgs", get=PUBLIC),
    Row("api-ledger-status", get=PUBLIC),
    Row("api-ledger-batches", get=PUBLIC),
    Row("api-ledger-batch", "batch", get=PUBLIC),
    Row("api-ledger-transactions", get=PUBLIC),
    Row("api-ledger-transaction", "transaction", get=PUBLIC),
    Row("api-ledger-contracts", get=PUBLIC),
    Row("api-ledger-accounts", get=PUBLIC),
    Row("api-ledger-consent-events", get=PUBLIC),
    Row("api-ledger-reorgs", get=PUBLIC),
)

ROWS = (
    *PORTAL, *ACCOUNT, *PRIVACY, *SECOND_STEP, *SIGN_IN, *RECOVERY, *ORGANISATION, *RECORD,
    *SHARING, *CARING, *EMERGENCY, *REGISTRATION, *OVERSIGHT, *SUPPLY, *FHIR, *LEDGER,
)  # fmt: skip
# The administration's addresses are Django's, one set for each model: they have one rule together.
ADMINISTRATION = "admin:"

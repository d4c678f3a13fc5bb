"""Settings, all of them from the environment; a missing one stops the start with the line to add."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from celery.schedules import schedule
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ.get("SALUS_STATE_DIR") or BASE_DIR / ".salus")
NODE_MODULES = BASE_DIR / "node_modules"

SHORTEST_SECRET = 32  # characters

env = environ.Env()
if os.environ.get("DATABASE_URL"):
    # Whoever names a database names its owner too: never the one of the last run.
    os.environ.setdefault("DATABASE_OWNER_URL", "")
# What script/server wrote down; the real environment wins.
environ.Env.read_env(STATE_DIR / "env", overwrite=False)


def required(name: str) -> str:
    """The setting, or a stop that says what to do."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Run script/server once (it writes {STATE_DIR.name}/env), "
            f"or set it: export {name}=..."
        )
    return value


def secret(name: str) -> str:
    """The content of the file that the setting NAME_FILE names."""
    path = Path(required(f"{name}_FILE"))
    if not path.is_file():
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is no file.")
    text = path.read_text().strip()
    if len(text) < SHORTEST_SECRET:
        raise ImproperlyConfigured(f"{path} needs {SHORTEST_SECRET} characters or more.")
    return text


# -- where we are ----------------------------------------------------------------------------------

ENVIRONMENT = required("SALUS_ENVIRONMENT")
if ENVIRONMENT not in ("demo", "production"):
    raise ImproperlyConfigured("SALUS_ENVIRONMENT is `demo` or `production`.")
PRODUCTION = ENVIRONMENT == "production"
DEMO = not PRODUCTION and env.bool("DEMO", False)
DEBUG = False
PORT = env.int("PORT", 8000)
BASE_URL = (
    required("BASE_URL") if PRODUCTION else env.str("BASE_URL", f"http://localhost:{PORT}")
).rstrip("/")
ALLOWED_HOSTS: list[str] = (
    env.list("ALLOWED_HOSTS") if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
SECRET_KEY = secret("SECRET_KEY")
MASTER_KEY = secret("MASTER_KEY")
MASTER_KEY_FILE = Path(required("MASTER_KEY_FILE"))
# For how many days copies of the database, of files and of secrets are kept (docs/THREAT_MODEL.md).
BACKUP_WINDOW_DAYS = env.int("BACKUP_WINDOW_DAYS", 30)

# -- application -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "portal",
    "exchange",
    "supply",
    "oversight",
    "records",
    "accounts",
    "chain",
    "core",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "rest_framework",
    "drf_spectacular",
    "pgtrigger",
    "csp",
    "portal.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.AuditMiddleware",
    "portal.middleware.PermissionsPolicyMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.sessions.LastSeenMiddleware",
    "portal.middleware.ErrorPagesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

_LOADERS: list[Any] = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "portal.context.shell",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [("django.template.loaders.cached.Loader", _LOADERS)],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "core.templatetags.salus",
            ],
        },
    },
]
COTTON_DIR = "cotton"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- PostgreSQL, Valkey ----------------------------------------------------------------------------


def database(url: str) -> dict[str, Any]:
    """A connection's settings."""
    found: dict[str, Any] = env.db_url_config(url)
    # A socket's path stands percent-encoded in the URL.
    return found | {"HOST": unquote(found["HOST"]), "ENGINE": "django.db.backends.postgresql"}


# The portal works as a role that owns no table, so that row-level security binds it; only
# migrations work as the owner. Who runs no migrations needs no DATABASE_OWNER_URL.
DATABASES = {
    "default": database(required("DATABASE_URL")),
    "owner": database(env.str("DATABASE_OWNER_URL", "") or required("DATABASE_URL")),
}
DATABASES["default"] |= {
    "OPTIONS": DATABASES["default"].get("OPTIONS", {})
    | {
        "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", 8), "timeout": 10},
        # What core/prepared.py has prepared stays so; a pooler between must know of it (PgBouncer
        # does since 1.21).
        "prepare_threshold": 5,
    },
    "CONN_HEALTH_CHECKS": True,
    # A page is answered by one transaction: what it reads, changes and notes in the audit trail.
    "ATOMIC_REQUESTS": True,
    "TEST": {"MIRROR": "owner"},
}
REDIS_URL = required("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# -- chain -----------------------------------------------------------------------------------------

CHAIN_RPC_URL = required("CHAIN_RPC_URL")
# The URL that a visitor's browser can reach, for the verify page.
# In production our own node's URL may hold a key, so it is never the default.
CHAIN_PUBLIC_RPC_URL = env.str("CHAIN_PUBLIC_RPC_URL", "" if PRODUCTION else CHAIN_RPC_URL)
CHAIN_MINES_ON_DEMAND = env.bool("CHAIN_MINES_ON_DEMAND", False)
if PRODUCTION and CHAIN_MINES_ON_DEMAND:
    raise ImproperlyConfigured("CHAIN_MINES_ON_DEMAND is for a chain of our own, never production.")
KEYSTORE_DIR = Path(required("KEYSTORE_DIR"))
KEYSTORE_PASSWORD = secret("KEYSTORE_PASSWORD")
# For chains whose nodes name no final block: how many blocks on top make one final.
CHAIN_FINALITY_DEPTH = env.int("CHAIN_FINALITY_DEPTH", None)
# The most that we pay for gas, and the funds below which an account asks for more; both in wei.
CHAIN_MAX_FEE = env.int("CHAIN_MAX_FEE", 500 * 10**9)
CHAIN_LOW_BALANCE = env.int("CHAIN_LOW_BALANCE", 5 * 10**16)
# A transaction that this many blocks went by is replaced by one that pays more.
CHAIN_STUCK_BLOCKS = env.int("CHAIN_STUCK_BLOCKS", 3)
# Who may change roles in our contracts, if not the account that creates them (0x...).
CHAIN_ADMIN = env.str("CHAIN_ADMIN", "")
# A call that records consents is filled up to this many entries: a lone one would show itself.
CONSENT_CALL_LEAST = env.int("CONSENT_CALL_LEAST", 4)
ANCHOR_BATCH_LEAVES = min(env.int("ANCHOR_BATCH_LEAVES", 65_536), 65_536)
# How long a commitment waits for company; what a person waits for goes at once.
ANCHOR_BATCH_SECONDS = env.float("ANCHOR_BATCH_SECONDS", 2.0)
# How often the ledger's worker is called to look after it.
LEDGER_TICK_SECONDS = env.float("LEDGER_TICK_SECONDS", 1.0)

# How often the audit trail is sealed: until then the newest rows could be removed unseen.
AUDIT_SEAL_SECONDS = env.float("AUDIT_SEAL_SECONDS", 5.0)

# -- Celery ----------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # A tick that finds the last one waiting for a worker is dropped, not queued behind it.
    "ledger": {
        "task": "chain.tasks.ledger_tick",
        "schedule": schedule(LEDGER_TICK_SECONDS),
        "options": {"queue": "chain", "expires": 2},
    },
    "audit-seal": {
        "task": "oversight.tasks.seal_trail",
        "schedule": schedule(AUDIT_SEAL_SECONDS),
        "options": {"queue": "work", "expires": AUDIT_SEAL_SECONDS},
    },
    "audit-rules": {
        "task": "oversight.tasks.look_through",
        "schedule": schedule(60.0),
        "options": {"queue": "work", "expires": 60},
    },
    "sharing-reminders": {
        "task": "records.tasks.remind_of_ends",
        "schedule": schedule(3600.0),
        "options": {"queue": "work", "expires": 3600},
    },
    "recovery-round": {
        "task": "accounts.tasks.recovery_round_task",
        "schedule": schedule(60.0),
        "options": {"queue": "work", "expires": 60},
    },
    "supply-sweep": {
        "task": "supply.tasks.sweep_uploads",
        "schedule": schedule(30.0),
        "options": {"queue": "work", "expires": 30},
    },
    "answers-sweep": {
        "task": "core.tasks.sweep_answers",
        "schedule": schedule(3600.0),
        "options": {"queue": "work", "expires": 3600},
    },
    "notices-sweep": {
        "task": "accounts.tasks.sweep_notice_mail",
        "schedule": schedule(60.0),
        "options": {"queue": "work", "expires": 60},
    },
    "exports-sweep": {
        "task": "accounts.tasks.sweep_exports",
        "schedule": schedule(30.0),
        "options": {"queue": "work", "expires": 30},
    },
    "closures-sweep": {
        "task": "accounts.tasks.sweep_closures",
        "schedule": schedule(3600.0),
        "options": {"queue": "work", "expires": 3600},
    },
    "erasures-sweep": {
        "task": "records.tasks.sweep_erasures",
        "schedule": schedule(60.0),
        "options": {"queue": "work", "expires": 60},
    },
}

# -- people ----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignUpFields"
# Codes, no links: who signs up with a passkey comes back to the same window (allauth demands it),
# and nothing in a mail opens an account by being clicked.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Salus: "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
# A new password never signs anybody in: the second factor is asked for like at any other time.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_RATE_LIMITS = {
    # Guessing: five wrong passwords or codes in five minutes lock the address, whether or not
    # anybody has it; from one place ten a minute, whatever the addresses. Passkeys still work.
    "login_failed": "10/m/ip,5/5m/key",
    "login": "30/m/ip",
    "reauthenticate": "20/m/user",  # ten attempts: allauth counts looking at the form, too
    "change_password": "5/m/user",
    # Mails: nobody is to be flooded with ours, nor we with sign-ups.
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "1/10s/key",
    "manage_email": "10/m/user",
    # Attempts to sign in with a wallet count as "login".
    "wallet_message": "30/m/ip",
    "wallet_add": "20/m/user",
    # Asking for recovery writes to all of a person's addresses.
    "recovery": "3/d/user",
    "recovery_link": "10/m/ip",
    # Guessing a printed code, and finding out by looks or by mail who is a patient here.
    "activation": "20/d/user",
    "delegation": "20/d/user",
    "patient_match": "120/h/user",
    # Emergencies are rare; whoever has many is looking for something.
    "emergency": "20/d/user",
}
MFA_RATE_LIMITS = {"webauthn_login": "10/m/ip"}  # nothing to guess in it; only for our own sake
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_TOTP_ISSUER = "Salus"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "accounts.factor_forms.CodeForm",
    "reauthenticate": "accounts.factor_forms.CodeAgainForm",
    "authenticate_webauthn": "accounts.factor_forms.PasskeyForm",
    "reauthenticate_webauthn": "accounts.factor_forms.PasskeyAgainForm",
    "login_webauthn": "accounts.factor_forms.PasskeyAloneForm",
}
# How long somebody who lost every second factor waits, so that the owner can object.
RECOVERY_WAIT = timedelta(hours=env.float("RECOVERY_WAIT_HOURS", 72))
# In the demo mails are files, which /demo/mail/ shows.
EMAIL_FILE_PATH = STATE_DIR / "mail"
_MAIL = "smtp" if PRODUCTION else "filebased" if DEMO else "console"
EMAIL_BACKEND = f"django.core.mail.backends.{_MAIL}.EmailBackend"
if PRODUCTION:
    vars().update(environ.Env.email_url_config(required("EMAIL_URL")))
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 10)  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Salus <no-reply@salus.example>")

# How many proxies of ours stand before us: only their headers name the visitor.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

# -- security --------------------------------------------------------------------------------------

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    CSRF_TRUSTED_ORIGINS = [BASE_URL]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# -- files, language, time -------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(required("MEDIA_DIR"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Sealed before they get there: any backend will do, S3-compatible ones (django-storages) included.
    "attachments": {
        "BACKEND": env.str("ATTACHMENTS_BACKEND", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json(
            "ATTACHMENTS_OPTIONS",
            {
                "location": str(MEDIA_ROOT / "attachments"),
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        ),
    },
    "staticfiles": {"BACKEND": "portal.static.StaticFilesStorage"},
}
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DATE_INPUT_FORMATS = ["%Y-%m-%d"]

# -- API -------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "core.paging.CursorPages",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "core.openapi.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["core.throttling.PerToken"],
    # For each token, person or address.
    "DEFAULT_THROTTLE_RATES": {"api": env.str("API_RATE", "600/min")},
    "NUM_PROXIES": TRUSTED_PROXIES,
    "EXCEPTION_HANDLER": "core.api.problem",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Salus",
    "DESCRIPTION": "The portal's own API: the same gates and services as its pages.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],  # whoever brings a token reads it, too, whatever that is for
    # Several things have a state or a kind; each gets a name of its own instead of one with a hash.
    "ENUM_NAME_OVERRIDES": {
        "AnchorStateEnum": "chain.models.AnchorState",
        "JobStateEnum": "chain.models.Job.State",
        "AccountStateEnum": "chain.models.Account.State",
        "ShipmentStateEnum": "supply.models.ShipmentState",
        "OrganisationKindEnum": "accounts.models.Organisation.Kind",
        "TokenKindEnum": "accounts.models.ApiToken.Kind",
        "WalletKindEnum": "accounts.models.Wallet.Kind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.openapi.ground_rules",
    ],
}

# -- logs: one line each, nothing personal -------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "portal.logs.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        # Addresses hold ids of patients; what is not there is no news.
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "web3": {"level": "WARNING"},
        # It logs the ids of passkeys.
        "fido2": {"level": "WARNING"},
    },
}

# Failpoints end the process at a named place; only the tests may set one.
FAILPOINTS = not PRODUCTION

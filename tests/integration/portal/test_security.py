"""What every answer carries, and that a production's settings pass Django's own checks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from portal.stack.state import ROOT
from tests.factories.people import PASSWORD, person

pytestmark = pytest.mark.django_db
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": (
        "base-uri 'none'; connect-src 'self'; default-src 'none'; font-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'; "
        "script-src 'self'; style-src 'self'"
    ),
}
PAGES = ["/", "/account/login/", "/nothing-here/", "/api/v1/me/", "/fhir/metadata", "/healthz"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_headers(client: Client, path: str):
    answer = client.get(path)
    said = {name: answer.headers.get(name) for name in HEADERS}
    policy = said["Content-Security-Policy"] or ""
    said["Content-Security-Policy"] = "; ".join(sorted(policy.split("; ")))
    if "no-store" in (answer.headers.get("Cache-Control") or ""):
        said["Cache-Control"] = HEADERS["Cache-Control"]
    assert said == HEADERS
    assert "Server" not in answer.headers


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client, clean_cache):
    user = person()
    client.get("/account/login/")
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert set(client.cookies) == {"sessionid", "csrftoken", "salus_device"}
    for cookie in client.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert not cookie["domain"]
    assert not client.cookies["sessionid"]["max-age"]  # ends with the browser


def test_signing_in_changes_the_sessions_key(client: Client, clean_cache):
    user = person()
    client.get("/account/login/passkey/", headers={"accept": "application/json"})
    before = client.cookies["sessionid"].value
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert client.cookies["sessionid"].value != before


# -- production ------------------------------------------------------------------------------------

SHOW = """
from django.conf import settings as s
print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS,
      s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.DEBUG, s.DEMO, s.EMAIL_BACKEND, s.RECOVERY_WAIT.days)
"""


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who runs Salus for real."""
    kept = ("PATH", "HOME", "DATABASE_URL", "REDIS_URL", "CHAIN_RPC_URL", "SECRET_KEY_FILE",
            "MASTER_KEY_FILE", "KEYSTORE_PASSWORD_FILE", "KEYSTORE_DIR", "MEDIA_DIR")  # fmt: skip
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "SALUS_STATE_DIR": str(tmp_path),
        "SALUS_ENVIRONMENT": "production",
        "BASE_URL": "https://salus.example",
        "ALLOWED_HOSTS": "salus.example",
        "EMAIL_URL": "smtp+tls://user:pass@mail.example:587",
        "TRUSTED_PROXIES": "1",
    }


def manage(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_production_settings_pass_djangos_checks_for_deployment(production: dict[str, str]):
    done = manage(production, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


def test_production_is_strict_and_no_demo(production: dict[str, str]):
    done = manage(production | {"DEMO": "1"}, "shell", "-v", "0", "-c", SHOW)
    assert done.stdout.split() == [
        "True", "True", "True", "31536000", "True", "False", "False",
        "django.core.mail.backends.smtp.EmailBackend", "3",
    ], done.stderr  # fmt: skip


@pytest.mark.parametrize("missing", ["BASE_URL", "EMAIL_URL", "SECRET_KEY_FILE"])
def test_production_does_not_start_without_what_it_needs(production: dict[str, str], missing: str):
    del production[missing]
    done = manage(production, "check")
    assert done.returncode != 0
    assert f"{missing} is not set" in done.stderr

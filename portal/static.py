"""Static files with a hash in their names, JavaScript imports included."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Far-future caching that also rewrites the `import` lines of ES modules."""

    support_js_module_import_aggregation = True
    manifest_strict = True


def collect_if_changed() -> bool:
    """Collect the static files unless none has changed since the last time."""
    root = Path(settings.STATIC_ROOT)
    stamp, now = root / ".stamp", _fingerprint()
    if stamp.is_file() and stamp.read_text() == now:
        return False
    # Old files stay: another running portal may still serve them, and their names hold a hash.
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(now)
    return True


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for folder in [*settings.STATICFILES_DIRS, settings.BASE_DIR / "requirements.txt"]:
        for path in sorted(Path(folder).rglob("*")) if Path(folder).is_dir() else [Path(folder)]:
            if path.is_file():
                status = path.stat()
                digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()

"""Static files with a hash in their names, JavaScript imports included."""

import fcntl
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
    """Collect the static files unless none has changed since the last time.

    One process at a time; the others wait and find them collected.
    """
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".stamp").open("a+") as stamp:
        fcntl.flock(stamp, fcntl.LOCK_EX)
        stamp.seek(0)
        now = _fingerprint()
        if stamp.read() == now:
            return False
        # Old files stay: another running portal may still serve them, and their names hold a hash.
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.truncate(0)
        stamp.write(now)
        return True


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for folder in [*settings.STATICFILES_DIRS, settings.BASE_DIR / "requirements.txt"]:
        for path in sorted(Path(folder).rglob("*")) if Path(folder).is_dir() else [Path(folder)]:
            if path.is_file():
                status = path.stat()
                digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()

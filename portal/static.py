"""Static files with a hash in their names, JavaScript imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Far-future caching that also rewrites the `import` lines of ES modules."""

    support_js_module_import_aggregation = True
    manifest_strict = True

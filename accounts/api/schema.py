"""How the OpenAPI description names our bearer tokens."""

from drf_spectacular.authentication import TokenScheme


class BearerScheme(TokenScheme):
    """`Authorization: Bearer salus_...`; found by drf-spectacular when this module is imported."""

    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """OpenAPI's own scheme for bearer tokens."""
        return {"type": "http", "scheme": "bearer"}

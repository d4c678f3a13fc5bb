"""Pages of the API's lists; apart from core/api.py, since DRF reads it while it loads its views."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response


class CursorPages(CursorPagination):
    """Opaque cursors over the newest first; stable while rows are added."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-created_at"

    def get_paginated_response(self, data: Any) -> Response:
        """The neighbours stand in the body and, as RFC 8288 has it, in a Link header."""
        response = super().get_paginated_response(data)
        ways = (("next", self.get_next_link()), ("prev", self.get_previous_link()))
        if links := [f'<{url}>; rel="{name}"' for name, url in ways if url]:
            response.headers["Link"] = ", ".join(links)
        return response

"""Template tags that every page may use."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """A Tabler icon, drawn inline in the text's colour and hidden from screen readers."""
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" viewBox="0 0 24 24" fill="none" '
        'stroke="currentColor" stroke-width="1.75" stroke-linecap="round" '
        'stroke-linejoin="round" aria-hidden="true" focusable="false">{1}</svg>',
        size,
        _shapes(name),
    )


@lru_cache(maxsize=256)
def _shapes(name: str) -> SafeString:
    path = settings.NODE_MODULES / "@tabler/icons/icons/outline" / f"{name}.svg"
    text = path.read_text()
    inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    return mark_safe(" ".join(inner.split()))  # noqa: S308 - a file of a pinned package  # nosec B308 B703

"""What lower apps show of higher ones: filled in `AppConfig.ready`, read by the portal's shell."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import Promise


@dataclass(frozen=True)
class NavItem:
    """An entry of the main navigation, for the roles that have a use for it."""

    label: str | Promise
    url_name: str
    icon: str
    roles: frozenset[str]
    order: int = 50


@dataclass(frozen=True)
class Panel:
    """A part of a role's dashboard: a template and what it shows to the person who asks."""

    template: str
    context: Callable[[HttpRequest], Mapping[str, Any]]
    roles: frozenset[str]
    order: int = 50


@dataclass(frozen=True)
class ChartTab:
    """A tab of a patient's chart."""

    label: str | Promise
    url_name: str
    order: int = 50


@dataclass(frozen=True)
class PersonalData:
    """What an app holds of a person and how to hand it out: (file name, content) pairs."""

    label: str | Promise
    models: frozenset[type[Model]]
    export: Callable[[UUID], Iterable[tuple[str, bytes]]]


@dataclass
class Registry:
    """All registrations; `roles` are the values of accounts' Role."""

    nav_items: list[NavItem] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    chart_tabs: list[ChartTab] = field(default_factory=list)
    personal_data: list[PersonalData] = field(default_factory=list)

    def nav_for(self, roles: frozenset[str]) -> list[NavItem]:
        """The navigation of somebody with these roles, in order."""
        return sorted((n for n in self.nav_items if n.roles & roles), key=lambda n: n.order)

    def panels_for(self, roles: frozenset[str]) -> list[Panel]:
        """The dashboard of somebody with these roles, in order."""
        return sorted((p for p in self.panels if p.roles & roles), key=lambda p: p.order)


registry = Registry()

"""What lower apps show of higher ones: filled in `AppConfig.ready`, read by the portal's shell."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Model, TextChoices
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.row_security import RowRule


@dataclass(frozen=True)
class NavItem:
    """An entry of the main navigation, for the roles that have a use for it."""

    label: str | Promise
    url_name: str
    icon: str
    roles: frozenset[str]
    order: int = 50


class AccountGroup(TextChoices):
    """Under which heading a page of the account stands."""

    YOU = "you", _("About you")
    SIGN_IN = "sign-in", _("Sign-in and security")
    PROGRAMS = "programs", _("Programs")
    PRIVACY = "privacy", _("Your data")


@dataclass(frozen=True)
class AccountPage:
    """A page of the person's own account; without roles it is everybody's."""

    label: str | Promise
    text: str | Promise
    url_name: str
    icon: str
    group: AccountGroup
    roles: frozenset[str] = frozenset()
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
    account_pages: list[AccountPage] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    row_rules: list[RowRule] = field(default_factory=list)
    chart_tabs: list[ChartTab] = field(default_factory=list)
    personal_data: list[PersonalData] = field(default_factory=list)

    def nav_for(self, roles: frozenset[str]) -> list[NavItem]:
        """The navigation of somebody with these roles, in order."""
        return sorted((n for n in self.nav_items if n.roles & roles), key=lambda n: n.order)

    def account_pages_for(
        self, roles: frozenset[str]
    ) -> list[tuple[AccountGroup, list[AccountPage]]]:
        """The pages of such a person's account, by heading."""
        fitting = [p for p in self.account_pages if not p.roles or p.roles & roles]
        fitting.sort(key=lambda p: p.order)
        groups = [(g, [p for p in fitting if p.group == g]) for g in AccountGroup]
        return [(group, pages) for group, pages in groups if pages]

    def panels_for(self, roles: frozenset[str]) -> list[Panel]:
        """The dashboard of somebody with these roles, in order."""
        return sorted((p for p in self.panels if p.roles & roles), key=lambda p: p.order)


registry = Registry()

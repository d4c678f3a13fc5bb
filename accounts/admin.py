"""Staff administration: people, organisations and who acts for whom; nothing clinical."""

from typing import TYPE_CHECKING

from allauth.mfa import admin as _passkeys  # noqa: F401 - registers what is taken back below
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as _sessions  # noqa: F401 - as above
from allauth.usersessions.models import UserSession
from django.contrib import admin

from accounts.models import Membership, Organisation, User

# Whose key signs is nothing that staff decides; a session's key is nothing that they may see.
admin.site.unregister([Authenticator, UserSession])

if TYPE_CHECKING:
    MembershipRows = admin.TabularInline[Membership, User]
    UserPages = admin.ModelAdmin[User]
    OrganisationPages = admin.ModelAdmin[Organisation]
else:  # Django's own classes take no parameters
    MembershipRows = admin.TabularInline
    UserPages = OrganisationPages = admin.ModelAdmin


class MembershipInline(MembershipRows):
    """For whom a person acts."""

    model = Membership
    extra = 0


@admin.register(User)
class UserAdmin(UserPages):
    """People; passwords are set by the people themselves."""

    list_display = ("email", "name", "own_role", "is_active")
    list_filter = ("own_role", "is_active")
    search_fields = ("email", "name")
    fields = ("email", "name", "own_role", "is_active", "is_staff")
    inlines = (MembershipInline,)


@admin.register(Organisation)
class OrganisationAdmin(OrganisationPages):
    """Organisations."""

    list_display = ("name", "kind", "gln", "home")
    list_filter = ("kind",)
    search_fields = ("name", "gln")

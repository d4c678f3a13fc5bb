"""Asking once more who it is, before what somebody at an open computer must not do."""

from allauth.account.decorators import reauthentication_required

# For some minutes; where no password and no second factor could be asked for, it asks nothing.
confirmed = reauthentication_required(app="allauth.mfa")

"""Contracts as the database knows them, for tests that need no chain."""

import os

import factory

from chain.models import Contract


class RegistryFactory(factory.django.DjangoModelFactory):
    """A registry for consents to be recorded in, later."""

    class Meta:
        model = Contract

    name = "ConsentRegistry"
    chain_id = 31337
    genesis_hash = factory.LazyFunction(lambda: os.urandom(32))
    address = factory.LazyFunction(lambda: os.urandom(20))
    deploy_block = 1
    code_hash = b"\1" * 32
    input_hash = "1" * 64
    transaction_hash = b"\1" * 32

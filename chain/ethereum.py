"""The Ethereum libraries, imported late: they take a second, and change Python as they come.

py_ecc, which they bring, lifts the recursion limit to 100,000: more than the C stack holds, so that
a short text of nested brackets would end the process. The limit is put back.
"""

import sys

_limit = sys.getrecursionlimit()
from eth_account import Account  # noqa: E402
from eth_keys import keys  # type: ignore[attr-defined]  # noqa: E402
from eth_keys.exceptions import BadSignature  # noqa: E402
from eth_utils import ValidationError  # type: ignore[attr-defined]  # noqa: E402
from web3 import HTTPProvider, Web3  # noqa: E402

sys.setrecursionlimit(_limit)

__all__ = ["Account", "BadSignature", "HTTPProvider", "ValidationError", "Web3", "keys"]

"""The ledger in words: for its pages, for the verify page, and as proof files."""

from chain.presenters.batches import STATES
from chain.presenters.proofs import MEDIA_TYPE, file_response, proof_response
from chain.presenters.verify import verify_words

__all__ = ["MEDIA_TYPE", "STATES", "file_response", "proof_response", "verify_words"]

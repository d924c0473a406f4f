"""The card reader that the tests of this package share: one for each worker."""

from tests.jpki.cards import reader_service

__all__ = ["reader_service"]

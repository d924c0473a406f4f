"""The chip of a card: files, PINs, keys and commands, in pure Python.

It behaves like the published interface of the 個人番号カード towards ordinary card software; whatever
is not published (personalisation, signatures of objects, 住基AP) is this project's own design,
written down in `docs/reference/chip.md`.
"""

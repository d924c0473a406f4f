"""Jichitai: open software for digital local government."""

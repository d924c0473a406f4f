"""Disclosure (開示): what a resident sees of the provisions about them, with proofs.

住民基本台帳法 第30条の16, 第30条の32 から 第30条の35. Works at the nation.
"""

"""Moduli of 2,048 bits that can be factored; made for these tests, nobody uses them."""

ROCA = int(
    """
    b9cdc3380cd7c03641a296436f794f37ea15bf2989a4f6bfae98d04603e4d357
    e965699865f028c7031835d70fdfcb2ed8050ea4d438b19637828abf2134c2df
    2d2f22d25fa171a92dfe472a54847bd0fe7f5dca7f89a646bce951941fffa407
    5ae0e6e708a7fa9c605a74c089ce26356e9835da895db78622017b37f8e017d0
    c2f47032d78c4b007b391674fbad2461848187f6694ae8a8ad421a44c77b970e
    53a5402de8a0c01f8db68e5756e75d8cfd7d0c3a2f681ca4f498ea3413f0bad9
    6d340b4c7ff08a34339e35f3250eff170be252ba8116aec3910d2e47190f184e
    0351bf244338296d85b82962169261aa4461897907fe12cd61143847b5cfc41f
    """.replace("\n", "").replace(" ", ""),
    16,
)
"""Primes of the form k*M + (65537^a mod M), as the faulty generator of 2017 drew them."""

NEAR_PRIMES = int(
    """
    d75a72ddfa212d6114d928d168e74652594ac4e84ba30d8d2ddae4cbf8fbff98
    af8669692259594c7ce4f8c7444aaf0057c4cb7df30f7c954d33cef48d3eaad5
    1b01b9e02680cb6a3bebbebf480daed0a3d4e9d83716a9b7e604486fd2514a41
    5294d36780731239057933c86db18ca3e5497301b7713c04ec54bcdb416e9794
    79d3dc81b69c7715c41d6ce9cecc777d3a85d923d5963e978a1b8d8f2ee61053
    efcb5ed9cf55955a016546c3118f1bf3679afc6fc4f0ef2a1d6b79d610c46128
    73a7a1fa668de58b0e2a5273a236be18a2fbc83f643b9e0388c2ae236af8e23f
    4cbeb25dc941224842abc74db45432ecf5ad2ffd4b7a49fcf9e520f24d2b4539
    """.replace("\n", "").replace(" ", ""),
    16,
)
"""Two primes next to each other."""

"""公的個人認証 (JPKI): two certificate authorities, revocation, the card's chip, and sign-in with it."""

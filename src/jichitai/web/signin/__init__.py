"""Sign-in of people: accounts, passkeys (WebAuthn), and personas of a rehearsal.

All ways of proving who one is stand behind `Authenticator`, so that OpenID Connect can be added
beside the passkeys.
"""

"""Use cases of the register, each inside the caller's transaction.

`network.TownRegister` is what higher domains use; `entries.Entries` and `people.People` serve
the counter; `initial.load_initial` takes over an existing register.
"""

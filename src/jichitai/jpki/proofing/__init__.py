"""対面での本人確認: a card read in person with 照合番号B, checked offline, and what is written down.

The signatures behind what the chip holds are checked without any network; the page shows the printed
card beside the chip, for the officer to compare; the record names the method and the version of the
law, and keeps neither picture nor number.
"""

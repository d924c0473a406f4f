"""評価書 and 要旨: written by officers, with figures by reference, from one document model.

A report is texts in the slots of a form and figures that the texts refer to. A draft looks its
figures up whenever it is opened; what is handed in for approval is a document that no longer
changes, and what is published is that document, edition by edition.

Law: 行政機関が行う政策の評価に関する法律 (平成13年法律第86号) 第10条.
"""

"""地方公共団体サイバーセキュリティ対策事業費補助金: from the call to the limits on disposal.

A case is a file of papers (書類綴). Prefecture and ministry each keep the same file: a paper names the
fingerprint of the one before it, is never changed, and everything else (state, amounts, ledger) is
worked out from the papers.

Source: 補助金等に係る予算の執行の適正化に関する法律 (昭和30年法律第179号).
"""

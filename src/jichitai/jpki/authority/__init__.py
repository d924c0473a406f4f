"""The certificate authorities (認証局): their keys, certificates, revocations and lists.

Two unrelated roots, one for signing (署名用) and one for user authentication (利用者証明用), each in
generations that overlap, and the card centre, whose key stands behind what a chip holds.

Source: 公的個人認証法 第3条, 第22条 (機構による発行), 第14条, 第33条 (認証局の鍵).
"""

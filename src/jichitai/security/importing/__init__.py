"""今ある規程の取込み: read a policy that a body already has, and find what each article answers.

Word, PDF with text and plain text come in; articles and the items of the guideline that they
belong to come out, each with its reason. A person confirms; nothing here decides or stores.

Source: 地方自治法 第244条の6; 地方公共団体における情報セキュリティポリシーに関するガイドライン.
"""

"""義務: who owes a security policy and which measures, from when, counted by which denominator.

Source: 地方自治法 第244条の6, 第292条; 地方自治法施行規則 第16条の3.
"""

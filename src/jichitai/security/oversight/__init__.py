"""見守り: what bodies report upwards, who is late, reminders, surveys and open data.

The same code serves a prefecture, which sees its members only, and the ministry, which sees all.
A body's own side is its inbox of requests (`notices`), where it answers.

Source: 地方自治法 第244条の6第3項, 第245条の4; 施行規則 第16条の3.
"""

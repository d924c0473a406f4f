"""Pages of the network at nation and ministry: query, disclosure, operations, published counts.

Source: 住民基本台帳法 第30条の9 (提供), 第30条の16 (提供状況の公表), 第30条の32 (開示).
"""

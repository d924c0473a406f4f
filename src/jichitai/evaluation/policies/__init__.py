"""政策と効果発現経路: policies, their sections and their logic models, in versions by fiscal year.

Law: 行政機関が行う政策の評価に関する法律 (平成13年法律第86号) 第10条.
"""

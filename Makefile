# make help で一覧を表示します。Python 3.11 以上と make だけで動き、.venv は自動で用意されます。
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench docs assets system-packages
ARGS ?=

help: ## この一覧 (this list)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

setup: ## 開発環境を .venv に用意する (development environment)
	@scripts/setup --dev

demo: ## 合成した日本で演習を動かす (rehearsal); ARGS="--exit --json"
	@scripts/setup && exec .venv/bin/jichitai demo $(ARGS)

test: ## すべての試験 (all tests); ARGS="tests/kernel -x"
	@scripts/setup --dev && exec .venv/bin/pytest -n 2 $(ARGS)

lint: ## 書式・型・層の検査 (ruff, mypy, import-linter)
	@scripts/setup --dev && scripts/lint

bench: ## 性能の測定 (benchmarks); ARGS="provision --json"
	@scripts/setup && exec .venv/bin/jichitai bench $(ARGS)

docs: ## 文書を docs/_build に作る (documentation)
	@scripts/setup --dev && exec .venv/bin/sphinx-build -W --keep-going docs docs/_build $(ARGS)

assets: ## 画面の部品を作り直す (fonts, tokens, scripts of the pages)
	@scripts/setup --dev && exec .venv/bin/python scripts/build_assets.py $(ARGS)

system-packages: ## 試験に使う Debian の部品を入れる、sudo で (Chromium, PostgreSQL 15, fonts, card readers)
	@exec scripts/install-system-packages

# `make help` lists the targets. Each is a line; what they do is in scripts/ and stack/.
# STACK=test make stop (and others) acts on another instance than `dev`; see stack/README.md.
.DEFAULT_GOAL := help
.PHONY: help run stop clean-data otp status check test proofs soak bench look
MAKEFLAGS += --no-print-directory

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

run: ## install what is missing, start the services and Steward on http://localhost:8080
	@scripts/run

stop: ## stop what `make run` started, and nothing else; the data stays
	@stack/stack down

clean-data: ## stop, and delete all data and secrets; the next start is a first one
	@stack/stack clean

otp: ## print the current one-time code of a staff account: make otp USER=platform-ops
	@stack/stack otp "$(USER)"

status: ## what runs, and whether it answers
	@stack/stack status

check: ## does every credential of the stack open what it should, and nothing else
	@stack/check

test: ## format, lints, unit, database, contract and browser tests, on services of their own
	@scripts/test

proofs: ## carry out the proofs of what Steward promises: number, verdict and figures of each
	@scripts/proofs

soak: ## the same with 100,000 randomised schedules instead of 10,000
	@STEWARD_SCHEDULES=100000 scripts/proofs

bench: ## measure every figure beside its goal and its comparison; writes bench/latest.json
	@scripts/bench

look: ## take pictures of every page, light and dark, desktop and phone
	@scripts/look

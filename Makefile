# The project's commands. `make help` lists them; test/ and test/kind/ hold what they do.
.DEFAULT_GOAL := help
.PHONY: help setup demo test fast lint unit plugin chart images cluster install clean clean-all

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the packages, Node 24 among them, unless they are there
	@test/setup

demo: ## from nothing to a cluster with the operator and an instance that answers
	@test/kind/demo

test: ## everything: lint, types, unit, server, controller and end-to-end tests
	@test/run

fast: ## all of `make test` that needs no cluster
	@test/run fast

lint: setup ## formatting, lint rules and types
	@npm run --silent lint && npm run --silent typecheck

unit: setup ## the unit tests, in seconds
	@npm run --silent test:unit

plugin: setup ## build the kubectl plugin as one file, dist/kubectl-dumbkv
	@npm run --silent build:cli

chart: ## make a package of the Helm chart in dist/
	@mkdir -p dist && "$$(test/tools/build)/helm" package config/helm/dumbkv-operator --destination dist

images: setup ## build the images of the server and the operator, unless they are up to date
	@test/kind/cluster images

cluster: ## make the cluster dumbkv, unless it is there
	@test/kind/cluster up dumbkv

install: setup cluster ## build the images and install the operator in the cluster dumbkv
	@test/kind/cluster install dumbkv

clean: ## remove the clusters and what was built here; caches stay
	@test/kind/cluster down dumbkv && test/kind/cluster down dumbkv-test
	@rm -rf dist coverage

clean-all: clean ## remove the caches, the images and node_modules too
	@test/kind/cluster forget
	@rm -rf node_modules

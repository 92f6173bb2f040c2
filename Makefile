# The project's commands. `make help` lists them; test/ and test/kind/ hold what they do.
.DEFAULT_GOAL := help
.PHONY: help setup demo test fast end-to-end lint unit server audit plugin chart images cluster install push-images push-chart clean clean-all

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the packages, Node 24 among them, unless they are there
	@test/setup

demo: ## from nothing to a cluster with the operator and an instance that answers
	@test/kind/demo

test: ## everything: lint, types, unit, server, controller and end-to-end tests
	@test/run

fast: ## all of `make test` that needs no cluster
	@test/run fast

end-to-end: ## the end-to-end tests, on a cluster of their own
	@test/run e2e

lint: setup ## formatting, lint rules and types
	@npm run --silent lint && npm run --silent typecheck

unit: setup ## the unit tests, in seconds
	@npm run --silent test:unit

server: setup ## the tests of the server; TEST_DATABASE_LOCATION names a Postgres to use
	@npm run --silent test:server

audit: ## look for known holes in the packages that run
	@npm audit --omit=dev --audit-level=high

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

push-images: ## build both images with SBOM and provenance, and push them: REGISTRY, VERSION
	@.ci/push-images

push-chart: ## push the Helm chart: REGISTRY
	@.ci/push-chart

clean: ## remove the clusters and what was built here; caches stay
	@test/kind/cluster down dumbkv && test/kind/cluster down dumbkv-test
	@rm -rf dist coverage

clean-all: clean ## remove the caches, the images and node_modules too
	@test/kind/cluster forget
	@rm -rf node_modules

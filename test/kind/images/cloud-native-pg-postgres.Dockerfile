# Our image of Postgres with the user that CloudNativePG runs it as; the programs are on its path already.
FROM docker.io/library/postgres:15-bookworm
USER 0:0
RUN usermod --uid 26 postgres && groupmod --non-unique --gid 26 postgres && usermod --gid postgres postgres
USER 26:26

# Postgres from Debian's package with the user of the official image, in place of that where no registry can be reached.
# The package is unpacked and not set up: its scripts make users and a cluster that nobody wants here.
FROM localhost/debian:bookworm
RUN groupadd --gid 999 postgres && useradd --uid 999 --gid 999 --home-dir /var/lib/postgresql --shell /usr/sbin/nologin postgres \
 && apt-get update \
 && apt-get install -y --no-install-recommends postgresql-client-15 libllvm14 libicu72 libldap-2.5-0 libpam0g libxml2 libxslt1.1 libossp-uuid16 libsystemd0 locales \
 && cd /tmp && apt-get download postgresql-15 && dpkg -x postgresql-15_*.deb / && rm -f postgresql-15_*.deb \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb \
 && /usr/lib/postgresql/15/bin/postgres --version
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 999:999

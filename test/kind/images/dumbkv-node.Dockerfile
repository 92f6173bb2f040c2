# Node 24 and npm on Debian: what docker.io/library/node:24-bookworm-slim is where there is a registry.
FROM localhost/debian:bookworm
COPY node /usr/local/bin/node
COPY npm/ /usr/local/lib/node_modules/npm/
# libstdc++ is Node's one library that Debian's minimal system lacks; the certificates are mounted while an image is built
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends libstdc++6 && rm -rf /var/lib/apt/lists/* \
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && mkdir -p /usr/local/etc && echo cafile=/etc/ssl/certs/ca-certificates.crt > /usr/local/etc/npmrc
CMD ["node"]

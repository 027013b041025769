# syntax=docker/dockerfile:1
# `gray` as an image: docs/containers.md. The SDK's native part needs glibc: no Alpine.
FROM node:20.19.5-bookworm-slim AS build
WORKDIR /opt/gray
COPY package.json package-lock.json ./
# Not `npm ci`: see scripts/setup.mjs.
RUN npm install --no-save --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY activities activities
COPY workflows workflows
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:20.19.5-bookworm-slim AS gray
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates openssh-client \
    && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /opt/gray
COPY --from=build /opt/gray/package.json ./
COPY --from=build /opt/gray/node_modules node_modules
COPY --from=build /opt/gray/dist dist
COPY examples examples
RUN ln -s /opt/gray/dist/src/cli/main.js /usr/local/bin/gray
USER node
ENTRYPOINT ["gray"]
CMD ["worker"]

# The sandbox of docker-compose.yml: the same, with a demo product, its builds, and a deploy agent. Not for production.
FROM gray AS sandbox
USER root
COPY compose compose
COPY demo/service/server.mjs compose/server.mjs
RUN node compose/build.mjs \
    && mkdir -p /run/haproxy /var/lib/haproxy /var/lib/gray \
    && chown node:node /run/haproxy /var/lib/haproxy /var/lib/gray
USER node

# syntax=docker/dockerfile:1
FROM node:24.21-slim AS packages
WORKDIR /assent
COPY package.json package-lock.json ./
# The optional packages are a Node for machines that have an older one; this image has its own.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM node:24.21-slim
LABEL org.opencontainers.image.title="Assent" \
      org.opencontainers.image.description="OAuth 2.0 / OpenID Connect authorization server for platforms with an app marketplace" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /assent
COPY --from=packages /assent/node_modules ./node_modules
COPY package.json LICENSE ./
COPY config ./config
COPY views ./views
COPY public ./public
COPY src ./src
COPY scripts/new-operator.ts ./scripts/
RUN install --directory --owner=node --group=node --mode=0700 /data

USER node
VOLUME /data
ENV NODE_ENV=production \
    ASSENT_PORT=3000 \
    ASSENT_STORE=sqlite:/data/assent.db
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ASSENT_PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1 and handles SIGTERM itself: it finishes what is under way, then stops.
CMD ["node", "src/main.ts"]

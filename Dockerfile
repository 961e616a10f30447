# The images of the services. Targets: api, worker, model (fetches and prepares the weights), and test
# (runs a service's tests: --build-arg SERVICE=worker). No syntax line, no mounts: the classic builder
# builds it too. That one builds all stages up to its target, so test comes last.
FROM node:24-bookworm-slim AS base
# The C library's setting is that of shared/src/malloc.ts.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    MODEL_DIR=/app/data/models \
    ORT_DISABLE_TELEMETRY=1 \
    MALLOC_MMAP_THRESHOLD_=1048576
WORKDIR /app

# ---- what the package manager needs to know -----------------------------------------------------
FROM base AS manifests
ARG PNPM_VERSION=12.21.0
# onnxruntime-node would download CUDA libraries.
ENV ONNXRUNTIME_NODE_INSTALL=skip
RUN npm install --global --no-audit --no-fund pnpm@${PNPM_VERSION}
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY shared/package.json shared/
COPY models/package.json models/
COPY loadtest/package.json loadtest/
COPY services/api/package.json services/api/
COPY services/local/package.json services/local/
COPY services/worker/package.json services/worker/

# ---- API: of models it needs the labels, and nothing that is installed for models ---------------
FROM manifests AS api-deps
RUN pnpm install --frozen-lockfile --prod --filter @synset/api --filter @synset/shared \
    && rm -rf loadtest services/local services/worker node_modules/.modules.yaml \
    && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete
COPY models/labels.json models/
COPY models/src/labels.ts models/src/
COPY shared/src shared/src
COPY services/api/src services/api/src
RUN rm -rf shared/src/testing

# ---- worker: of ONNX Runtime only what this platform runs ---------------------------------------
FROM manifests AS worker-deps
RUN pnpm install --frozen-lockfile --prod \
      --filter @synset/worker --filter @synset/shared --filter @synset/models \
    && rm -rf loadtest services/local services/api node_modules/.modules.yaml \
    && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
    && cd services/worker/node_modules/onnxruntime-node/bin/napi-v6 \
    && here=$(node -p 'process.platform + "/" + process.arch') \
    && find . -mindepth 2 -maxdepth 2 -type d ! -path "./$here" -exec rm -rf {} +
COPY models/catalogue.json models/labels.json models/
COPY models/src models/src
COPY shared/src shared/src
COPY services/worker/src services/worker/src
RUN rm -rf shared/src/testing models/src/testing

# ---- what runs. The files are root's, so that a service cannot change itself ---------------------
FROM base AS api
ARG UID=1000
ARG GID=1000
ARG REVISION=
LABEL org.opencontainers.image.title="synset-api" org.opencontainers.image.revision="${REVISION}"
COPY --from=api-deps /app ./
USER ${UID}:${GID}
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=10s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=4", "--heap-growing-percent=100", "services/api/src/server.ts"]

FROM base AS worker
ARG UID=1000
ARG GID=1000
ARG REVISION=
LABEL org.opencontainers.image.title="synset-worker" org.opencontainers.image.revision="${REVISION}"
COPY --from=worker-deps /app ./
# A new volume takes its owner from this folder.
RUN install -d -o ${UID} -g ${GID} data/models
USER ${UID}:${GID}
ENV METRICS_PORT=9464
EXPOSE 9464
HEALTHCHECK --interval=5s --timeout=10s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.METRICS_PORT + '/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=4", "--heap-growing-percent=100", "services/worker/src/main.ts"]

FROM worker AS model
HEALTHCHECK NONE
CMD ["sh", "-c", "node models/src/cli.ts fetch && exec node services/worker/src/prepare.ts"]

# ---- tests of one service, in the build ---------------------------------------------------------
FROM manifests AS test
ENV NODE_ENV=test
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends curl redis-server \
    && rm -rf /var/lib/apt/lists/*
RUN pnpm install --frozen-lockfile
COPY . .
ARG SERVICE=api
RUN node_modules/.bin/vitest run services/${SERVICE}/

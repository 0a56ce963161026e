# One image for every role: `worker`, `dashboard`, `producer` and `origin` are commands of one program.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY cli cli
COPY producer producer
COPY worker worker
COPY dashboard dashboard
COPY origin origin
COPY shared shared
RUN npm run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install scripts: none of the packages needs one, and Redis is a container of its own.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY --from=build /app/dist dist
COPY LICENSE ./
# A volume that is mounted here for the first time takes over this owner.
RUN install --directory --owner=node --group=node /data
USER node
# Node as PID 1 gets the signals itself; compose adds an init that reaps what is left.
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]

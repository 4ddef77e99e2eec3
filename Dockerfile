# The embedded cloud for a team or a CI job: docs/operations/container.md. For production, deploy to AWS.
FROM node:24-bookworm-slim
WORKDIR /store
COPY . .
# Installs the packages of package-lock.json.
RUN node cli/set-up.mjs --version && mkdir /data && chown node /data
USER node
VOLUME /data
EXPOSE 8888
HEALTHCHECK --start-period=30s CMD ["node", "--eval", "fetch('http://localhost:8888/v1/__lbheartbeat__').then(({ ok }) => process.exit(ok ? 0 : 1))"]
CMD ["node", "cli/set-up.mjs", "cli/main.ts", "start", "--host", "0.0.0.0", "--data", "/data"]

# SPDX-License-Identifier: Apache-2.0
#
# The gateway and nothing else: no shell, no package manager, no user but its own. docs/deploy-one-machine.md runs it.
#
#   docker build --tag gatehouse .                               15 MB compressed
#   docker build --tag gatehouse --target with-pdf .             reads PDF attachments too; 19.2 MB
#
# It makes an image for the machine's own architecture, or with `--platform linux/arm64` or `linux/amd64` for the other: what compiles is
# always a program of the machine itself, so that nothing is emulated. Builders that do not say what the machine is (podman and buildah of
# Debian 12, Docker before 23) are taken to run on amd64; on arm64 they need `--build-arg BUILDPLATFORM=linux/arm64`.
FROM --platform=${BUILDPLATFORM:-linux/amd64} docker.io/library/debian:bookworm-slim AS build
ARG TARGETARCH
WORKDIR /src
COPY script/bootstrap script/bootstrap
RUN script/bootstrap build $TARGETARCH && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY src src
COPY script/build script/build
RUN script/build $TARGETARCH && llvm-strip-14 -o /usr/bin/gatehouse build/release*/gatehouse
COPY deploy/image/make_root deploy/image/make_root
RUN deploy/image/make_root /image /usr/bin/gatehouse \
  && deploy/image/make_root /image-with-pdf /usr/bin/gatehouse /usr/bin/pdftotext

FROM scratch AS settings
ENV GATEHOUSE_LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["/usr/bin/gatehouse"]
CMD ["serve"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 CMD ["/usr/bin/gatehouse", "healthcheck"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Gatehouse" \
  org.opencontainers.image.description="A remote MCP gateway for Google Workspace" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"

FROM settings AS with-pdf
COPY --from=build /image-with-pdf /
COPY --from=build --chown=65532:65532 /image-state /var/lib
WORKDIR /var/lib/gatehouse
USER 65532:65532

FROM settings
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /image-state /var/lib
WORKDIR /var/lib/gatehouse
USER 65532:65532

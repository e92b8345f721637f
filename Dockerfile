# The exporter in an image: non-root, no build tools, works with a read-only root and without capabilities.
#
#   docker build --tag voicenter-exporter .
#   docker build --build-arg PYTHON_IMAGE=python:3.14-slim@sha256:… .     # a base that stays as it is
ARG PYTHON_IMAGE=python:3.14-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
RUN python3 -m venv tools && python3 -m venv --without-pip /opt/voicenter-exporter
COPY requirements-build.txt requirements.txt ./
RUN tools/bin/pip install --no-cache-dir --require-hashes --requirement requirements-build.txt \
    && tools/bin/pip --python /opt/voicenter-exporter/bin/python install --no-cache-dir --require-hashes \
        --only-binary :all: --requirement requirements.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY exporter exporter
ARG REVISION=unknown
RUN REVISION=${REVISION} tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir wheels . \
    && tools/bin/pip --python /opt/voicenter-exporter/bin/python install --no-cache-dir --no-deps --no-index wheels/*.whl

FROM ${PYTHON_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="voicenter-exporter" \
      org.opencontainers.image.description="Prometheus exporter for Voicenter call centres" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The Voicenter exporter authors" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# The base's pip is no longer needed, and what is not there cannot be attacked
RUN rm -rf /usr/local/lib/python3.*/site-packages/pip* /usr/local/lib/python3.*/ensurepip /usr/local/bin/pip*
COPY --from=build /opt/voicenter-exporter /opt/voicenter-exporter
ENV PATH=/opt/voicenter-exporter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 65532:65532
EXPOSE 10061
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s --retries=3 CMD ["python3", "-m", "exporter.command.healthcheck"]
ENTRYPOINT ["voicenter-exporter"]

ARG BASE_IMAGE=python:3.12-slim

FROM ${BASE_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/monitor
COPY requirements.lock ./
RUN /opt/monitor/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE CHANGELOG.md config.yaml ./
COPY classifiers classifiers
COPY monitor monitor
COPY seeds seeds
# The project is installed as the wheel it ships as, and the model it starts with is trained here, once.
RUN /opt/monitor/bin/pip install --no-deps --no-build-isolation . \
 && /opt/monitor/bin/pip uninstall -qy hatchling editables trove-classifiers pathspec \
 && /opt/monitor/bin/monitor train --config /src/config.yaml \
 && mv /src/data/models/* /opt/monitor/model

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="trafficking-recruitment alert monitor"
RUN mkdir -p /data /config \
 && chown 10001:10001 /data \
 && ln -s /data /config/data
COPY --from=build /opt/monitor /opt/monitor
COPY config.yaml /config/config.yaml
ENV PATH=/opt/monitor/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    MONITOR_CONFIG=/config/config.yaml \
    MONITOR_SHIPPED_MODEL=/opt/monitor/model \
    MONITOR_WEB_HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-m", "monitor.web.probe"]
ENTRYPOINT ["monitor"]
CMD ["run"]

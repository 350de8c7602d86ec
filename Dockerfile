FROM python:3.13-slim-bookworm AS build
COPY .lock/service.txt /service.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /service.txt \
    && /venv/bin/pip uninstall --yes --quiet pip \
    && find /venv -type d -name tests -prune -exec rm -rf {} +

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --create-home partialpool
COPY --from=build /venv /venv
COPY service /app/service
RUN /venv/bin/python -m compileall -q /app/service
WORKDIR /app
USER 10001
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PARTIALPOOL_HOST=0.0.0.0 PARTIALPOOL_PORT=8000 PARTIALPOOL_DATA_DIR=/data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PARTIALPOOL_PORT'] + '/livez', timeout=2)"]
ENTRYPOINT ["python", "-m", "service"]
CMD ["serve"]

FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt requirements.in ./
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt
COPY . .
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 credit && install -d -o credit /data
COPY --from=build /venv /venv
USER credit
WORKDIR /home/credit
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 CREDIT_PROFILE=production CREDIT_HOST=0.0.0.0 CREDIT_PORT=8000 CREDIT_DATA_DIR=/data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"CREDIT_PORT\"]}/readyz', timeout=2)"]
CMD ["qufu-credit", "serve"]

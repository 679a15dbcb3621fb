# The program for servers: web, worker and beat are the same image with another command (compose.yaml).
# Its PostgreSQL and broker are elsewhere; the embedded ones are for trials on one machine.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/creditops
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN DEBUG=1 python manage.py collectstatic --noinput --verbosity 0 \
    && useradd --system --home-dir /srv/creditops creditops \
    && mkdir /data && chown creditops /data

USER creditops
ENV CREDITOPS_DATA=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "creditops.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4"]

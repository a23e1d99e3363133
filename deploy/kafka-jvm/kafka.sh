#!/bin/sh
# Apache Kafka without Docker: kafka.sh start|stop|status --dir DIR [--port PORT] [--brokers 1|3] [--secure]
set -eu
repository=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
python="$repository/.venv/bin/python"
[ -x "$python" ] || python=python3
PYTHONPATH="$repository${PYTHONPATH:+:$PYTHONPATH}" exec "$python" -m deploy.kafka_jvm "$@"

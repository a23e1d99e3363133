#!/bin/bash
# Starts Kafka in a container whose root file system is read-only: puts the files of settings one
# after the other (of two lines of a name the last holds), formats an empty disk, and runs.
# KAFKA_FILES are those files; with KAFKA_ADMIN_PASSWORD the user admin is made on an empty disk.
set -euo pipefail
bin=${KAFKA_BIN:-/opt/kafka/bin}
settings=${KAFKA_SETTINGS:-/tmp/kafka.properties}
umask 077
cat ${KAFKA_FILES:?which files of settings} > "$settings"
format=(--ignore-formatted "--cluster-id=${KAFKA_CLUSTER_ID:?any 22 letters of base64, kept for ever}" -c "$settings")
if [ -n "${KAFKA_ADMIN_PASSWORD:-}" ]; then
  format+=(--add-scram "SCRAM-SHA-512=[name=admin,password=$KAFKA_ADMIN_PASSWORD]")
fi
"$bin/kafka-storage.sh" format "${format[@]}"
exec "$bin/kafka-server-start.sh" "$settings"
